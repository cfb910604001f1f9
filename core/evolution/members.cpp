#include "core/evolution/members.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.hpp"

namespace engram {

namespace {

using Evaluate = std::function<void(std::span<std::size_t const>, std::span<double>)>;

/// One rank's members.
class Worker {
 public:
  Worker(std::size_t width, Evaluate const& evaluate) : width_(width), evaluate_(evaluate) {}

  void run(std::span<std::size_t const> members, std::span<double> records) {
    std::ranges::fill(records, 0.0);
    try {
      evaluate_(members, records);
    } catch (TimeLimitExceeded const&) {
      throw;
    } catch (std::exception const& error) {
      if (members.size() == 1) {
        std::ranges::fill(records, 0.0);
        records[0] = std::numeric_limits<double>::quiet_NaN();
        if (num_thrown++ == 0) first = {members[0], error.what()};
        return;
      }
      for (std::size_t i = 0; i < members.size(); ++i)
        run(members.subspan(i, 1), records.subspan(i * width_, width_));
    }
  }

  std::size_t num_thrown = 0;
  std::pair<std::size_t, std::string> first;  ///< of those that threw: member, reason

 private:
  std::size_t width_;
  Evaluate const& evaluate_;
};

/// The reason of the lowest member of all ranks. Collective.
std::string first_reason(Communicator const& group, Worker const& worker) {
  std::size_t const member = worker.num_thrown > 0 ? worker.first.first : ~std::size_t{0};
  std::vector<std::size_t> members(static_cast<std::size_t>(group.size()));
  group.all_gather<std::size_t>({&member, 1}, members);
  auto const root = std::ranges::min_element(members) - members.begin();
  auto const mine = std::as_bytes(std::span(worker.first.second));
  Bytes text(mine.begin(), mine.end());
  text = group.broadcast(std::move(text), static_cast<int>(root));
  return {reinterpret_cast<char const*>(text.data()), text.size()};
}

}  // namespace

MemberRecords evaluate_members(Communicator const& group, MemberShare const& share,
                               Deadline const& deadline, Evaluate const& evaluate) {
  auto const num_ranks = static_cast<std::size_t>(group.size());
  auto const rank = static_cast<std::size_t>(group.rank());
  std::vector<std::size_t> mine;
  for (std::size_t i = rank; i < share.num_members; i += num_ranks) mine.push_back(i);
  // Each rank sends as much, and two numbers more: whether it is late, and how many threw.
  std::size_t const records_size = (share.num_members + num_ranks - 1) / num_ranks * share.width;
  std::vector<double> sent(records_size + 2), all(sent.size() * num_ranks);
  Worker worker(share.width, evaluate);
  try {
    for (std::size_t i = 0; i < mine.size(); i += share.chunk) {
      deadline.check();
      auto const members = std::span(mine).subspan(i, std::min(share.chunk, mine.size() - i));
      worker.run(members, std::span(sent).subspan(i * share.width, members.size() * share.width));
    }
  } catch (TimeLimitExceeded const&) {
    sent[records_size] = 1.0;
  }
  sent[records_size + 1] = static_cast<double>(worker.num_thrown);
  group.all_gather<double>(sent, all);

  MemberRecords result;
  for (std::size_t r = 0; r < num_ranks; ++r) {
    if (all[r * sent.size() + records_size] != 0.0) deadline.exceeded();
    result.num_thrown += static_cast<std::size_t>(all[r * sent.size() + records_size + 1]);
  }
  for (std::size_t i = 0; i < share.num_members; ++i) {
    auto const* record = &all[i % num_ranks * sent.size() + i / num_ranks * share.width];
    result.values.insert(result.values.end(), record, record + share.width);
  }
  if (result.num_thrown > 0) result.reason = first_reason(group, worker);
  return result;
}

}  // namespace engram
