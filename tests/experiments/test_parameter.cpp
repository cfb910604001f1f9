#include "experiments/parameter.hpp"

#include <gtest/gtest.h>

#include <limits>
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

TEST(Parameter, StatesWhatItExpects) {
  EXPECT_EQ(real("a", 0).expectation(), "a real number");
  EXPECT_EQ(real("a", 0).range(-0.5, 1).expectation(), "a real number in [-0.5, 1]");
  EXPECT_EQ(integer("a", 1).at_least(1).expectation(), "an integer of at least 1");
  EXPECT_EQ(boolean("a", true).expectation(), "true or false");
  EXPECT_EQ(text("a", "").expectation(), "text");
  EXPECT_EQ(choice("a", "x", {"x", "y"}).expectation(), "one of x, y");
}

TEST(Parameter, KeepsItsDocumentation) {
  auto const spec =
      real("tau", 20).range(1, 100).in("ms").means("time constant").from("a paper").fixes_metrics();
  EXPECT_EQ(spec.name, "tau");
  EXPECT_EQ(spec.unit, "ms");
  EXPECT_EQ(spec.meaning, "time constant");
  EXPECT_EQ(spec.source, "a paper");
  EXPECT_TRUE(spec.structural);
  EXPECT_FALSE(real("tau", 20).structural);
}

TEST(Parameter, ReadsItsType) {
  EXPECT_EQ(real("a", 0).parse(" 3 "), ParameterValue(3.0));
  EXPECT_EQ(integer("a", 0).parse("3"), ParameterValue(std::int64_t{3}));
  EXPECT_EQ(boolean("a", false).parse("true"), ParameterValue(true));
  EXPECT_EQ(text("a", "").parse(" two words "), ParameterValue(std::string("two words")));
  EXPECT_EQ(choice("a", "x", {"x", "y"}).parse("y"), ParameterValue(std::string("y")));
}

TEST(Parameter, RefusesWhatItDoesNotExpect) {
  auto const leak = real("leak", 0.5).range(0, 1);
  EXPECT_EQ(message_of([&] { leak.parse("1.5"); }), "expected a real number in [0, 1], got '1.5'");
  EXPECT_EQ(message_of([&] { leak.parse("0.5x"); }),
            "expected a real number in [0, 1], got '0.5x'");
  EXPECT_EQ(message_of([&] { leak.parse("nan"); }), "expected a real number in [0, 1], got 'nan'");
  EXPECT_EQ(message_of([&] { integer("n", 1).at_least(1).parse("0"); }),
            "expected an integer of at least 1, got '0'");
  EXPECT_EQ(message_of([&] { integer("n", 1).parse("1.5"); }), "expected an integer, got '1.5'");
  EXPECT_EQ(message_of([&] { boolean("b", true).parse("yes"); }),
            "expected true or false, got 'yes'");
  EXPECT_EQ(message_of([&] {
              choice("task", "narma10", {"narma10", "lorenz"}).parse("lorentz");
            }),
            "expected one of narma10, lorenz, got 'lorentz'; did you mean 'lorenz'?");
}

TEST(Parameter, ChecksTypeAndFiniteness) {
  auto const spec = real("a", 0);
  EXPECT_NO_THROW(spec.check(1.0));
  EXPECT_THROW(spec.check(std::int64_t{1}), UserError);
  EXPECT_THROW(spec.check(std::numeric_limits<double>::quiet_NaN()), UserError);
  EXPECT_THROW(spec.check(std::numeric_limits<double>::infinity()), UserError);
}

TEST(Parameter, IsWrittenAsItIsRead) {
  EXPECT_EQ(to_string(ParameterValue(0.1)), "0.1");
  EXPECT_EQ(to_string(ParameterValue(std::int64_t{-7})), "-7");
  EXPECT_EQ(to_string(ParameterValue(false)), "false");
  EXPECT_EQ(to_string(ParameterValue(std::string("lorenz"))), "lorenz");
}

TEST(Parameters, HoldDefaultsInTheOrderOfTheSpecs) {
  Parameters parameters({real("leak", 0.5), integer("units", 100), text("task", "narma10")});
  ASSERT_EQ(parameters.items().size(), 3u);
  EXPECT_EQ(parameters.items()[1].first, "units");
  parameters.set("leak", 0.25);
  EXPECT_EQ(parameters.real("leak"), 0.25);
  EXPECT_EQ(parameters.integer("units"), 100);
  EXPECT_EQ(parameters.text("task"), "narma10");
  EXPECT_EQ(parameters.items()[0].first, "leak");
  EXPECT_TRUE(parameters.contains("task"));
  EXPECT_FALSE(parameters.contains("bias"));
  parameters.set("bias", true);
  EXPECT_TRUE(parameters.boolean("bias"));
  EXPECT_EQ(parameters.items().back().first, "bias");
}

TEST(Parameters, CountWhatIsNotNegative) {
  Parameters parameters({integer("units", 100)});
  EXPECT_EQ(parameters.count("units"), 100u);
  parameters.set("units", std::int64_t{-1});
  EXPECT_THROW(parameters.count("units"), std::logic_error);
}

TEST(Parameters, NameWhatIsMissingOrOfAnotherType) {
  Parameters const parameters({real("leak", 0.5)});
  try {
    parameters.at("leek");
    FAIL();
  } catch (std::out_of_range const& error) {
    EXPECT_NE(std::string(error.what()).find("'leek'"), std::string::npos);
  }
  try {
    parameters.integer("leak");
    FAIL();
  } catch (std::logic_error const& error) {
    EXPECT_NE(std::string(error.what()).find("'leak'"), std::string::npos);
  }
}

}  // namespace
}  // namespace engram
