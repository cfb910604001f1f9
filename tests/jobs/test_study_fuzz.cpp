#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/random/random.hpp"
#include "jobs/study.hpp"
#include "tests/jobs/study_text.hpp"

namespace engram {
namespace {

std::vector<std::string> const junk = {"=",          "[",
                                       "]",          "[]",
                                       "#",          "\n",
                                       "(",          ")",
                                       ",",          ".",
                                       "nan",        "inf",
                                       "-",          "1e999",
                                       "0x10",       "999999999999999999999",
                                       "grid(",      "[space]",
                                       "[.]\na=b\n", "\xff",
                                       "\xc3\xa9",   "\r",
                                       "\t",         "[study]\nseed=1\n",
                                       "'",          "\"",
                                       "\\",         "{}",
                                       "%s%n",       "\xef\xbb\xbf",
                                       "$HOME",      "x = grid(1)\n"};

/// A sequence of choices.
class Dice {
 public:
  explicit Dice(Key key) : random_(key) {}
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_.integer(next_++, bound); }

 private:
  Random random_;
  std::uint64_t next_ = 0;
};

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines(1);
  for (char const c : text) {
    lines.back() += c;
    if (c == '\n') lines.emplace_back();
  }
  return lines;
}

std::string swap_lines(std::string const& text, Dice& dice) {
  auto lines = lines_of(text);
  std::swap(lines[dice.below(lines.size())], lines[dice.below(lines.size())]);
  std::string result;
  for (auto const& line : lines) result += line;
  return result;
}

std::string change_number(std::string text, Dice& dice) {
  std::vector<std::size_t> digits;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] >= '0' && text[i] <= '9') digits.push_back(i);
  if (digits.empty()) return text;
  std::vector<std::string> const numbers = {"0", "-1", "1e9", "12345678901", "0.5", "3", "1e-320"};
  return text.replace(digits[dice.below(digits.size())], 1, numbers[dice.below(numbers.size())]);
}

std::string mutated(std::string text, Dice& dice) {
  auto const position = dice.below(text.size() + 1);
  auto const length = dice.below(12);
  switch (dice.below(7)) {
    case 0:
      if (position < text.size())
        text[position] = static_cast<char>(text[position] ^ (1 << dice.below(8)));
      return text;
    case 1:
      return text.erase(position, length);
    case 2:
      return text.insert(dice.below(text.size() + 1), text.substr(position, 5 * length));
    case 3:
      return swap_lines(text, dice);
    case 4:
      return text.insert(position, junk[dice.below(junk.size())]);
    case 5:
      return change_number(std::move(text), dice);
    default:
      return text.insert(position, 1, static_cast<char>(dice.below(256)));
  }
}

TEST(StudyFuzz, MutationsOfAGoodFileAreReadOrRefusedInOneSentence) {
  ASSERT_NO_THROW(parse_study(full_text, "fuzz.ini"));
  int num_read = 0, num_refused = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    Dice dice(Key(Seed(2024)).stream("fuzz").index(i));
    auto text = full_text;
    // Every second file has a single fault, which gets furthest.
    auto num_mutations = i % 2 == 0 ? 1 : 1 + dice.below(6);
    for (; num_mutations > 0; --num_mutations) text = mutated(std::move(text), dice);
    try {
      auto const study = parse_study(text, "fuzz.ini");
      ++num_read;
      // What is read is understood: its canonical text reads back.
      auto const canonical = study.to_ini();
      ASSERT_EQ(parse_study(canonical, "fuzz.ini").to_ini(), canonical) << text;
    } catch (UserError const& error) {
      ++num_refused;
      std::string const message = error.what();
      ASSERT_TRUE(message.starts_with("fuzz.ini")) << message;
      ASSERT_GT(message.size(), std::string("fuzz.ini: ").size());
      ASSERT_LT(message.size(), 500u) << message;
      for (char const c : message) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << message;
      ASSERT_EQ(message.find("boost"), std::string::npos) << message;
    } catch (std::exception const& error) {
      FAIL() << error.what() << "\n" << text;
    }
  }
  // Both happen often, or the test would show nothing.
  EXPECT_GT(num_read, 1000);
  EXPECT_GT(num_refused, 1000);
}

}  // namespace
}  // namespace engram
