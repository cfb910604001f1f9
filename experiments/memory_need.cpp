#include "experiments/memory_need.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"

namespace engram {

void check_memory(std::span<MemoryNeed const> needs) {
  double total = 0.0;
  for (auto const& need : needs) total += need.bytes;
  if (total <= max_trial_bytes) return;
  auto const& largest =
      *std::max_element(needs.begin(), needs.end(),
                        [](MemoryNeed const& a, MemoryNeed const& b) { return a.bytes < b.bytes; });
  throw UserError("a trial would take " + to_text(std::ceil(total / 1e9)) +
                  " GB of memory, most of it for its " + largest.parameters +
                  "; expected at most " + to_text(max_trial_bytes / 1e9) + " GB");
}

}  // namespace engram
