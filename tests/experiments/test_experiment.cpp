#include "experiments/experiment.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "core/error.hpp"

namespace engram {
namespace {

template <class F>
std::string message_of(F const& f) {
  try {
    f();
  } catch (UserError const& error) {
    return error.what();
  }
  return "no error";
}

class Named : public Experiment {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  std::string_view summary() const override { return "does nothing"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override { return {}; }
  std::vector<MetricSpec> metrics(Parameters const&) const override { return {}; }
  void run(TrialContext&, std::span<Trial const>, std::span<Outcome>) const override {}

 private:
  std::string name_;
};

TEST(ExperimentRegistry, FindsSortsAndRefuses) {
  ExperimentRegistry registry;
  registry.add(std::make_unique<Named const>("reservoir"));
  registry.add(std::make_unique<Named const>("hopfield"));
  EXPECT_THROW(registry.add(std::make_unique<Named const>("hopfield")), std::logic_error);
  ASSERT_EQ(registry.sorted().size(), 2u);
  EXPECT_EQ(registry.sorted()[0]->name(), "hopfield");
  EXPECT_EQ(registry.at("reservoir").name(), "reservoir");
  EXPECT_EQ(message_of([&] { registry.at("reservior"); }),
            "there is no experiment 'reservior'; did you mean 'reservoir'?");
  EXPECT_EQ(message_of([&] { registry.at("xyz"); }),
            "there is no experiment 'xyz'; `engram list` names them all");
}

TEST(Status, HasAName) {
  EXPECT_EQ(to_string(Status::complete), "complete");
  EXPECT_EQ(to_string(Status::failed), "failed");
  EXPECT_EQ(to_string(Status::timed_out), "timed out");
  EXPECT_EQ(to_string(Status::skipped), "skipped");
}

}  // namespace
}  // namespace engram
