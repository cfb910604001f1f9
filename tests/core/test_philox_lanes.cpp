#include "core/random/philox_lanes.hpp"

#include <gtest/gtest.h>

#include "core/random/random.hpp"

namespace {

using namespace engram;

TEST(PhiloxLanes, EqualsRandom123) {
  Key const key = Key(Seed(7)).stream("lanes");
  std::uint32_t words[4][16];
  for (std::uint32_t l = 0; l < 16; ++l) {
    words[0][l] = l * 77u;
    words[1][l] = 3u + l;
    words[2][l] = 0xffffffffu - l;
    words[3][l] = 1u << l;
  }
  r123::Philox4x32::ctr_type expected[16];
  for (std::uint32_t l = 0; l < 16; ++l) {
    r123::Philox4x32::ctr_type const counter = {
        {words[0][l], words[1][l], words[2][l], words[3][l]}};
    r123::Philox4x32::key_type const k = {
        {static_cast<std::uint32_t>(key.value()), static_cast<std::uint32_t>(key.value() >> 32)}};
    expected[l] = r123::Philox4x32()(counter, k);
  }
  philox_lanes(key.value(), words);
  for (std::uint32_t l = 0; l < 16; ++l) {
    for (std::uint32_t w = 0; w < 4; ++w) EXPECT_EQ(words[w][l], expected[l][w]) << l << ", " << w;
  }
}

}  // namespace
