#include "experiments/inputs.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "core/error.hpp"

namespace engram {
namespace {

Table sunspots() {
  return {"data/sunspots.csv", {"year", "sunspots"}, {{1700, 1701, 1702}, {5, 11, 16}}};
}

TEST(Table, FindsItsColumnsByName) {
  auto const table = sunspots();
  EXPECT_EQ(table.num_rows(), 3u);
  auto const column = table.column("sunspots");
  EXPECT_EQ(std::vector<double>(column.begin(), column.end()), (std::vector<double>{5, 11, 16}));
  EXPECT_EQ(Table().num_rows(), 0u);
}

TEST(Table, NamesTheNearestColumn) {
  try {
    sunspots().column("sunspot");
    FAIL();
  } catch (UserError const& error) {
    EXPECT_STREQ(error.what(),
                 "data/sunspots.csv has no column 'sunspot'; did you mean 'sunspots'?");
  }
}

TEST(Inputs, AreKeptByParameterAndSharedByCopies) {
  Inputs inputs;
  inputs.set("series_file", sunspots());
  Inputs const copy = inputs;
  EXPECT_EQ(&copy.at("series_file"), &inputs.at("series_file"));
  EXPECT_EQ(copy.at("series_file").origin, "data/sunspots.csv");

  inputs.set("series_file", {"other.csv", {"x"}, {{1}}});
  EXPECT_EQ(inputs.at("series_file").origin, "other.csv");
  EXPECT_EQ(inputs.items().size(), 1u);
  EXPECT_EQ(copy.at("series_file").origin, "data/sunspots.csv");
  EXPECT_THROW(inputs.at("digits_file"), std::out_of_range);
}

}  // namespace
}  // namespace engram
