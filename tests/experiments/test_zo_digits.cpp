#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "experiments/labelled_data.hpp"
#include "tests/experiments/one_trial.hpp"

namespace engram {
namespace {

using experiments_test::Settings;

Experiment const& experiment() {
  return ExperimentRegistry::instance().at("zo_digits");
}

Outcome evaluate(Settings settings, double budget = 1.0) {
  settings.insert(settings.begin(), {"hidden_units", std::int64_t{3}});
  auto trial = experiments_test::trial_of(experiment(), settings, 3);
  trial.budget = budget;
  return experiments_test::evaluate(experiment(), trial);
}

double metric(Outcome const& outcome, std::string const& name) {
  return experiments_test::metric(experiment(), outcome, name);
}

TEST(ZoDigits, AllOrthogonalDirectionsAreBackpropagation) {
  // 8 inputs, 3 hidden units and 3 classes have 39 parameters: differences along as many orthogonal
  // directions give the gradient but for the width's square, 1e-8, and rounding over it, 1e-12.
  double const num_steps = 20.0, num_parameters = 39.0;
  auto const truth = evaluate({{"evaluations", num_steps}, {"rate", 0.5}});
  auto const other = evaluate({{"method", std::string("zo_sgd")},
                               {"distribution", std::string("orthogonal")},
                               {"directions", static_cast<std::int64_t>(num_parameters)},
                               {"central", true},
                               {"width", 1e-4},
                               {"rate", 0.5},
                               {"evaluations", 2.0 * num_parameters * num_steps}});
  EXPECT_EQ(metric(other, "steps"), num_steps);
  EXPECT_EQ(metric(other, "evaluations"), 2.0 * num_parameters * num_steps);
  EXPECT_NEAR(metric(other, "cosine"), 1.0, 1e-6);
  EXPECT_NEAR(metric(other, "train_loss"), metric(truth, "train_loss"), 1e-6);
  EXPECT_EQ(metric(other, "test_accuracy"), metric(truth, "test_accuracy"));
  EXPECT_NEAR(metric(truth, "cosine"), 1.0, 1e-14);
}

TEST(ZoDigits, EveryMethodLearns) {
  // Chance is a loss of log 3 and an accuracy of 1/3, with a standard error of 0.06 over 60 test
  // samples.
  for (auto const& spec : experiment().parameters()) {
    if (spec.name != "method") continue;
    ASSERT_GE(spec.choices.size(), 11u);
    for (auto const& method : spec.choices) {
      auto const outcome =
          evaluate({{"method", method}, {"evaluations", 3000.0}, {"batch", std::int64_t{16}}});
      EXPECT_LT(metric(outcome, "train_loss"), std::log(3.0)) << method;
      EXPECT_GT(metric(outcome, "test_accuracy"), 0.6) << method;
      EXPECT_GT(metric(outcome, "cosine"), 0.1) << method;
    }
  }
}

TEST(ZoDigits, CurvesHavePointsUpToTheBudget) {
  auto const outcome = evaluate(
      {{"method", std::string("spsa")}, {"evaluations", 1000.0}, {"curve_points", std::int64_t{5}}},
      0.5);
  EXPECT_EQ(metric(outcome, "evaluations"), 512.0);  // sixteen steps of 2 * 16
  EXPECT_EQ(metric(outcome, "steps"), 16.0);
  double const angle = metric(outcome, "angle_deg");
  EXPECT_NEAR(std::cos(angle * std::acos(-1.0) / 180.0), metric(outcome, "cosine"), 1e-14);
  ASSERT_EQ(outcome.series.size(), 4u);
  for (auto const& series : outcome.series) EXPECT_EQ(series.values.size(), 3u) << series.name;
  // At the first step that begins after each fifth of the whole 1000, as if there were more budget.
  EXPECT_EQ(outcome.series[0].values, (std::vector{0.0, 224.0, 416.0}));
  double sum = 0.0;
  for (double const cosine : outcome.series[3].values) sum += cosine;
  EXPECT_NEAR(sum / 3.0, metric(outcome, "cosine"), 1e-15);
  // Nothing has been learnt at first: three classes, small weights.
  EXPECT_NEAR(outcome.series[1].values.front(), std::log(3.0), 0.5);
}

Inputs table_of(std::vector<std::vector<double>> columns) {
  Table table;
  table.origin = "mine.csv";
  for (std::size_t k = 0; k < columns.size(); ++k) table.names.push_back("c" + std::to_string(k));
  table.columns = std::move(columns);
  Inputs inputs;
  inputs.set("data_file", table);
  return inputs;
}

Parameters file_parameters(std::string const& label) {
  return experiments_test::parameters_of(
      experiment(), {{"data_file", std::string("mine.csv")}, {"label_column", label}});
}

TEST(ZoDigits, ReadsClassesAndScalesInputs) {
  std::vector<double> x, labels, y;
  for (int i = 0; i < 20; ++i) {
    x.push_back(i);
    labels.push_back(i % 3);
    y.push_back(-2.0 * i);
  }
  auto const inputs = table_of({x, labels, y});
  EXPECT_NO_THROW(experiment().validate_inputs(file_parameters("c1"), inputs));
  auto const data = make_labelled_data(file_parameters("c1"), inputs, Key(Seed(1)));
  EXPECT_EQ(data.test.size(), 5u);
  EXPECT_EQ(data.train.size(), 15u);
  EXPECT_EQ(data.num_classes, 3);
  double largest = 0.0;
  for (double const value : data.train.inputs) largest = std::max(largest, std::abs(value));
  EXPECT_EQ(largest, 1.0);
  for (auto const* part : {&data.train, &data.test}) {
    for (std::size_t i = 0; i < part->size(); ++i) {
      // Rows stay whole: the second input is -2 times the first, of which the class is known up to
      // the scale, at which 19 or a lower number became 1/2.
      double const x_scaled = part->inputs[2 * i];
      EXPECT_EQ(part->inputs[2 * i + 1], -2.0 * x_scaled);
      bool found = false;
      for (double const top : {19.0, 18.0, 17.0, 16.0, 15.0, 14.0}) {
        double const number = x_scaled * 2.0 * top;
        found = found || (std::abs(number - std::round(number)) < 1e-12 &&
                          static_cast<int>(std::round(number)) % 3 == part->labels[i]);
      }
      EXPECT_TRUE(found);
    }
  }
}

TEST(ZoDigits, RefusesWhatIsNotAClass) {
  auto const message = [](std::vector<double> const& labels) -> std::string {
    try {
      experiment().validate_inputs(file_parameters("c1"),
                                   table_of({std::vector<double>(labels.size(), 1.0), labels}));
    } catch (UserError const& error) {
      return error.what();
    }
    return "";
  };
  std::vector<double> good(12, 0.0);
  good[3] = 1.0;
  EXPECT_EQ(message(good), "");
  EXPECT_NE(message(std::vector<double>(12, 0.0)).find("two classes"), std::string::npos);
  EXPECT_NE(message({0.0, 1.0}).find("ten rows"), std::string::npos);
  for (double const bad : {0.5, -1.0, 1e9, std::nan("")}) {
    auto labels = good;
    labels[5] = bad;
    EXPECT_NE(message(labels).find("row 6"), std::string::npos) << bad;
  }
  EXPECT_THROW(
      evaluate({{"distribution", std::string("orthogonal")}, {"directions", std::int64_t{1000}}}),
      UserError);
}

}  // namespace
}  // namespace engram
