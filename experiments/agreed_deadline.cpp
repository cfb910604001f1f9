#include "experiments/agreed_deadline.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace engram {

void check_deadline_together(TrialContext const& context) {
  auto const& group = context.group;
  auto const& deadline = context.deadline;
  if (group.size() == 1) return deadline.check();
  unsigned char const mine = deadline.passed() ? 1 : 0;
  std::vector<unsigned char> all(static_cast<std::size_t>(group.size()));
  group.all_gather<unsigned char>(std::span(&mine, 1), all);
  if (std::ranges::find(all, 1) != all.end()) deadline.exceeded();
}

}  // namespace engram
