#include "parallel/bundle.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace {

using namespace engram;
using Parts = std::vector<std::pair<int, Bytes>>;

TEST(Bundle, KeepsRanksBytesAndOrder) {
  Parts const parts{
      {7, Bytes(3, std::byte{1})}, {0, {}}, {7, Bytes(1, std::byte{2})}, {1000000, {}}};
  Bytes bundle;
  for (auto const& [rank, bytes] : parts) add_to_bundle(bundle, rank, bytes);
  EXPECT_EQ(take_apart(bundle), parts);
}

TEST(Bundle, CanBeEmpty) {
  EXPECT_EQ(take_apart({}), Parts{});
}

}  // namespace
