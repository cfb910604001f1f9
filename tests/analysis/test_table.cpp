#include "analysis/table.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace engram {
namespace {

std::string printed(TextTable const& table, std::size_t width) {
  std::ostringstream out;
  table.print(out, width);
  return out.str();
}

TEST(TextTable, AlignsUnicodeAndBreaksHeaders) {
  TextTable table;
  table.add_column("name", TextTable::Align::left);
  table.add_column("relative_variance_validation");
  table.add_row({"a", "1 ± 2"});
  table.add_row({"long", "10"});
  EXPECT_EQ(printed(table, 80),
            "         relative_\n"
            "         variance_\n"
            "  name  validation\n"
            "  a          1 ± 2\n"
            "  long          10\n");
}

TEST(TextTable, ContinuesBelowWithItsKeys) {
  TextTable table;
  table.add_column("k");
  table.add_column("one");
  table.add_column("two");
  table.add_row({"1", "22222", "33333"});
  EXPECT_EQ(printed(table, 12), "  k    one\n  1  22222\n\n  k    two\n  1  33333\n");
  EXPECT_EQ(printed(table, 17), "  k    one    two\n  1  22222  33333\n");
}

TEST(TextTable, AColumnWiderThanTheLineStandsAlone) {
  TextTable table;
  table.add_column("k");
  table.add_column("one", TextTable::Align::left);
  table.add_row({"1", "a long text"});
  EXPECT_EQ(printed(table, 5), "  k  one\n  1  a long text\n");
}

}  // namespace
}  // namespace engram
