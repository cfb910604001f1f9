#include "experiments/memory_need.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.hpp"

namespace engram {
namespace {

std::string refusal(std::vector<MemoryNeed> const& needs) {
  try {
    check_memory(needs);
  } catch (UserError const& error) {
    return error.what();
  }
  return "accepted";
}

TEST(MemoryNeed, RefusesWhatIsTooMuchTogetherAndNamesTheLargestPart) {
  EXPECT_EQ(refusal({}), "accepted");
  EXPECT_EQ(refusal({{"units", 4e9}, {"delays", 7.9e9}}), "accepted");
  EXPECT_EQ(
      refusal({{"units", 4e9}, {"delays", 8.1e9}, {"steps", 1e6}}),
      "a trial would take 13 GB of memory, most of it for its delays; expected at most 12 GB");
}

}  // namespace
}  // namespace engram
