#include "experiments/reservoir_drive.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "experiments/reservoir_model.hpp"

namespace engram {
namespace {

Trial make_trial(std::int64_t units = 30) {
  Trial trial;
  trial.seed = 1;
  trial.parameters = Parameters(reservoir_parameters());
  trial.parameters.set("units", units);
  return trial;
}

/// An oscillation and what it is a step later.
class Oscillation {
 public:
  Oscillation() {
    for (std::size_t t = 0; t < 401; ++t) values_.push_back(std::sin(0.3 * static_cast<double>(t)));
  }
  DriveSignals signals() const {
    return {std::span(values_).first(400), std::span(values_).last(400), 1, 1};
  }

 private:
  std::vector<double> values_;
};

TEST(ReservoirDrive, LaunchesAreShorterForMoreWork) {
  auto const steps = [](char const* name, ParameterValue const& value, std::size_t num_members = 1,
                        std::size_t num_outputs = 1) {
    auto p = make_trial(1000).parameters;
    p.set(name, value);
    return launch_steps(p, num_members, num_outputs);
  };
  // 1000 units with 100 inputs each, and 1000 x 1001 moments: 1.1e6 operations a step.
  EXPECT_EQ(steps("density", 0.1), 90u);
  EXPECT_EQ(steps("density", 1.0), 49u);
  EXPECT_EQ(steps("recurrent", std::string("orthogonal")), 49u);  // dense, whatever the density
  EXPECT_EQ(steps("recurrent", std::string("ring")), 99u);
  EXPECT_EQ(steps("density", 0.1, 9), 10u);
  EXPECT_EQ(steps("density", 0.1, 1, 9000), 9u);
  EXPECT_EQ(steps("units", std::int64_t{20000}), 1u);
  EXPECT_EQ(steps("units", std::int64_t{10}), 4096u);
}

TEST(ReservoirDrive, LooksAtTheTimeLimitInAllItDoes) {
  auto trial = make_trial();
  trial.parameters.set("plasticity_steps", std::int64_t{10});
  Oscillation const oscillation;
  TrialContext context;
  ReservoirDrive drive(context, std::span(&trial, 1), oscillation.signals());
  ReservoirDrive::Predictions predictions(1);
  DriveOptions fit;
  fit.accumulate = true;
  drive.to(300, fit);
  drive.fit_readouts();
  drive.to(350, {}, &predictions);
  context.deadline = Deadline::in(0.0);
  EXPECT_THROW(drive.to(360, {}), TimeLimitExceeded);
  EXPECT_THROW(drive.fit_readouts(), TimeLimitExceeded);
  EXPECT_THROW(drive.look_ahead(360, {}, predictions), TimeLimitExceeded);
  EXPECT_THROW(drive.run_freely(10, predictions), TimeLimitExceeded);
  ReservoirDrive at_rest(context, std::span(&trial, 1), oscillation.signals());
  EXPECT_THROW(at_rest.adapt(100), TimeLimitExceeded);
}

TEST(ReservoirDrive, ReturnsFromWhatLiesAhead) {
  auto const trial = make_trial();
  Oscillation const oscillation;
  TrialContext const context;
  auto const predictions_to_the_end = [&](bool detours) {
    ReservoirDrive drive(context, std::span(&trial, 1), oscillation.signals());
    DriveOptions fit;
    fit.accumulate = true;
    drive.to(300, fit);
    drive.fit_readouts();
    ReservoirDrive::Predictions predictions(1);
    drive.to(350, {}, &predictions);
    if (detours) {
      ReservoirDrive::Predictions ahead(1);
      drive.look_ahead(400, {}, ahead);
      auto const runs = drive.run_freely(20, predictions);
      EXPECT_EQ(ahead[0].size(), 50u);
      EXPECT_EQ(runs.at(0).size(), 20u);
      EXPECT_EQ(runs[0].front(), predictions[0].back());
    }
    drive.to(400, {}, &predictions);
    return predictions;
  };
  auto const straight = predictions_to_the_end(false);
  EXPECT_EQ(straight.at(0).size(), 100u);
  EXPECT_EQ(predictions_to_the_end(true), straight);
}

TEST(ReservoirDrive, PlasticityStartsAgainAtTheEndOfTraining) {
  Oscillation const oscillation;
  TrialContext const context;
  auto const predictions_after = [&](std::int64_t plasticity_steps, std::size_t train_end) {
    auto trial = make_trial();
    trial.parameters.set("plasticity_steps", plasticity_steps);
    trial.parameters.set("plasticity_rate", 0.01);
    ReservoirDrive drive(context, std::span(&trial, 1), oscillation.signals());
    drive.adapt(train_end);
    DriveOptions fit;
    fit.accumulate = true;
    drive.to(300, fit);
    drive.fit_readouts();
    ReservoirDrive::Predictions predictions(1);
    drive.to(400, {}, &predictions);
    return predictions;
  };
  EXPECT_EQ(predictions_after(100, 200), predictions_after(100, 300));
  EXPECT_NE(predictions_after(250, 200), predictions_after(250, 300));
  EXPECT_NE(predictions_after(250, 200), predictions_after(200, 200));
}

}  // namespace
}  // namespace engram
