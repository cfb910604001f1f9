#include "core/nearest_name.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using engram::did_you_mean;
using engram::nearest_name;

std::vector<std::string> const names{"leak", "spectral_radius", "input_scale", "seed", "units"};

TEST(NearestName, FindsOneWrongMissingOrExtraLetter) {
  EXPECT_EQ(nearest_name("leek", names), "leak");
  EXPECT_EQ(nearest_name("lea", names), "leak");
  EXPECT_EQ(nearest_name("unitss", names), "units");
  EXPECT_EQ(nearest_name("spectralradius", names), "spectral_radius");
  EXPECT_EQ(nearest_name("inputscales", names), "input_scale");
}

TEST(NearestName, KnownNameIsItsOwnNearest) {
  for (auto const& name : names) EXPECT_EQ(nearest_name(name, names), name);
}

TEST(NearestName, EmptyBeyondAThirdOfTheLetters) {
  std::vector<std::string> const one{"abcdef"};
  EXPECT_EQ(nearest_name("abcdxx", one), "abcdef");
  EXPECT_EQ(nearest_name("abcxxx", one), "");
  EXPECT_EQ(nearest_name("abcdefxxx", one), "abcdef");
  EXPECT_EQ(nearest_name("abcdefxxxx", one), "");
  EXPECT_EQ(nearest_name("zebra", names), "");
}

TEST(NearestName, SmallestDistanceWinsThenTheFirst) {
  std::vector<std::string> const similar{"alpha3", "alpha2", "alphas22"};
  EXPECT_EQ(nearest_name("alpha2", similar), "alpha2");
  EXPECT_EQ(nearest_name("alpha4", similar), "alpha3");
  EXPECT_EQ(nearest_name("alphas2", similar), "alpha2");
}

TEST(NearestName, EmptyInputs) {
  EXPECT_EQ(nearest_name("leak", {}), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name(std::string(1u << 20, 'x'), names), "");
}

TEST(NearestName, TailOfAMessage) {
  EXPECT_EQ(did_you_mean("leek", names), "; did you mean 'leak'?");
  EXPECT_EQ(did_you_mean("zebra", names), "");
}

}  // namespace
