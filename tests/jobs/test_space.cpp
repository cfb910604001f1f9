#include "jobs/space.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/jobs/refusal.hpp"

namespace engram {
namespace {

ParameterSpec const leak = real("leak", 0.5).range(0, 10);
ParameterSpec const units = integer("units", 100).range(1, 1000);
ParameterSpec const task = choice("task", "narma10", {"narma10", "lorenz"});
ParameterSpec const feedback = boolean("feedback", false);

std::string refusal_of(ParameterSpec const& spec, std::string const& text) {
  return refusal([&] { Dimension::parse(spec, text); });
}

TEST(Space, ReadsEveryKind) {
  auto const uniform = Dimension::parse(leak, "uniform(0.1, 1.0)");
  EXPECT_EQ(uniform.name(), "leak");
  EXPECT_EQ(uniform.kind(), Dimension::Kind::uniform);
  EXPECT_FALSE(uniform.is_discrete());
  EXPECT_EQ(uniform.num_values(), 0u);
  EXPECT_EQ(uniform.at_quantile(0.5), ParameterValue(0.1 + 0.9 * 0.5));

  auto const log_uniform = Dimension::parse(leak, "  loguniform ( 0.01 ,\t1 ) ");
  EXPECT_EQ(log_uniform.kind(), Dimension::Kind::log_uniform);
  EXPECT_NEAR(std::get<double>(log_uniform.at_quantile(0.5)), 0.1, 1e-15);
  EXPECT_EQ(log_uniform.at_quantile(0.0), ParameterValue(0.01));

  auto const range = Dimension::parse(units, "integer(3, 5)");
  EXPECT_EQ(range.num_values(), 3u);
  EXPECT_EQ(range.value(2), ParameterValue(std::int64_t{5}));
  EXPECT_EQ(range.at_quantile(0.34), ParameterValue(std::int64_t{4}));
  EXPECT_EQ(range.at_quantile(std::nextafter(1.0, 0.0)), ParameterValue(std::int64_t{5}));

  auto const words = Dimension::parse(task, "choice(lorenz,narma10)");
  EXPECT_EQ(words.num_values(), 2u);
  EXPECT_EQ(words.value(0), ParameterValue(std::string("lorenz")));
  EXPECT_EQ(words.at_quantile(0.6), ParameterValue(std::string("narma10")));

  auto const numbers = Dimension::parse(leak, "grid(1, 0.5, 2)");
  EXPECT_EQ(numbers.value(1), ParameterValue(0.5));
  EXPECT_TRUE(numbers.is_discrete());
  EXPECT_EQ(Dimension::parse(feedback, "choice(true, false)").value(1), ParameterValue(false));
}

TEST(Space, StaysWithinItsBounds) {
  auto const last = std::nextafter(1.0, 0.0);
  for (auto const* text : {"uniform(0.1, 0.3)", "loguniform(0.1, 0.3)", "loguniform(1e-300, 7)"}) {
    auto const dimension = Dimension::parse(leak, text);
    auto const low = std::get<double>(dimension.at_quantile(0.0));
    auto const high = std::get<double>(dimension.at_quantile(last));
    EXPECT_GE(low, text[0] == 'l' && text[11] == '1' ? 1e-300 : 0.1) << text;
    EXPECT_LE(high, text[11] == '1' ? 7.0 : 0.3) << text;
  }
  auto const large =
      Dimension::parse(integer("n", 0), "integer(-9007199254740991, 9007199254740991)");
  EXPECT_EQ(large.at_quantile(0.0), ParameterValue(std::int64_t{-9007199254740991}));
  EXPECT_EQ(large.at_quantile(last), ParameterValue(std::int64_t{9007199254740991}));
}

TEST(Space, CanonicalTextReadsBack) {
  for (auto const& [spec, text] :
       std::vector<std::pair<ParameterSpec, std::string>>{{leak, "uniform(0.1, 1)"},
                                                          {leak, "loguniform(0.001, 2)"},
                                                          {units, "integer(1, 1000)"},
                                                          {units, "grid(10, 100)"},
                                                          {task, "choice(narma10, lorenz)"},
                                                          {feedback, "grid(false, true)"}})
    EXPECT_EQ(Dimension::parse(spec, text).to_string(), text);
  EXPECT_EQ(Dimension::parse(leak, "uniform( 1.0e-1,+1 )").to_string(), "uniform(0.1, 1)");
}

TEST(Space, RefusesReversedAndEmptyRanges) {
  EXPECT_EQ(refusal_of(leak, "uniform(1, 0.5)"),
            "expected uniform(a, b) with a < b, got 1 and 0.5");
  EXPECT_EQ(refusal_of(leak, "uniform(1, 1)"), "expected uniform(a, b) with a < b, got 1 and 1");
  EXPECT_EQ(refusal_of(leak, "loguniform(0, 1)"),
            "expected loguniform(a, b) with a > 0, got 0 and 1");
  EXPECT_EQ(refusal_of(units, "integer(5, 3)"), "expected integer(a, b) with a <= b, got 5 and 3");
  EXPECT_EQ(Dimension::parse(units, "integer(3, 3)").num_values(), 1u);
  EXPECT_EQ(refusal_of(real("a", 0), "uniform(-1e308, 1e308)"),
            "expected bounds whose difference is a finite number, got -1e+308 and 1e+308");
  EXPECT_EQ(refusal_of(real("a", 1), "loguniform(1e-300, 1e300)"),
            "expected bounds whose ratio is a finite number, got 1e-300 and 1e+300");
  EXPECT_EQ(refusal_of(integer("n", 0), "integer(0, 9007199254740993)"),
            "expected integers below 2^53 in size, got 0 and 9007199254740992");
}

TEST(Space, RefusesValuesOutsideTheParameter) {
  EXPECT_EQ(refusal_of(leak, "uniform(0, 11)"), "expected a real number in [0, 10], got '11'");
  EXPECT_EQ(refusal_of(units, "integer(0, 5)"), "expected an integer in [1, 1000], got '0'");
  EXPECT_EQ(refusal_of(task, "choice(narma10, lorentz)"),
            "expected one of narma10, lorenz, got 'lorentz'; did you mean 'lorenz'?");
  EXPECT_EQ(refusal_of(leak, "uniform(0, nan)"), "expected a real number in [0, 10], got 'nan'");
}

TEST(Space, RefusesOtherForms) {
  auto const expected =
      "expected uniform(a, b), loguniform(a, b), choice(x, y, …) or grid(x, y, …) for a real "
      "number in [0, 10], got ";
  EXPECT_EQ(refusal_of(leak, "0.5"), expected + std::string("'0.5'"));
  EXPECT_EQ(refusal_of(leak, ""), expected + std::string("''"));
  EXPECT_EQ(refusal_of(leak, "unifrom(0, 1)"),
            expected + std::string("'unifrom(0, 1)'; did you mean 'uniform'?"));
  EXPECT_EQ(refusal_of(leak, "uniform(0, 1"), expected + std::string("'uniform(0, 1'"));
  EXPECT_EQ(refusal_of(leak, "integer(0, 1)"), expected + std::string("'integer(0, 1)'"));
  EXPECT_EQ(refusal_of(units, "uniform(1, 5)"),
            "expected integer(a, b), choice(x, y, …) or grid(x, y, …) for an integer in [1, 1000], "
            "got 'uniform(1, 5)'");
  EXPECT_EQ(refusal_of(task, "uniform(1, 5)"),
            "expected choice(x, y, …) or grid(x, y, …) for one of narma10, lorenz, got "
            "'uniform(1, 5)'");
  EXPECT_EQ(refusal_of(leak, "uniform(1)"), "expected two bounds, uniform(a, b), got 1");
  EXPECT_EQ(refusal_of(leak, "uniform(1, 2, 3)"), "expected two bounds, uniform(a, b), got 3");
  EXPECT_EQ(refusal_of(leak, "grid()"), "expected grid(x, y, …) with a value between the commas");
  EXPECT_EQ(refusal_of(leak, "grid(1,,2)"),
            "expected grid(x, y, …) with a value between the commas");
  EXPECT_EQ(refusal_of(leak, "grid(1, 2, 1.0)"), "expected each value once, got '1.0' twice");
}

}  // namespace
}  // namespace engram
