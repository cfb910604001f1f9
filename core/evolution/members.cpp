#include "core/evolution/members.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/error.hpp"

namespace engram {

namespace {

using Evaluate = std::function<void(std::span<std::size_t const>, std::span<double>)>;

/// Ends of blocks that become smaller, the same on all ranks.
std::vector<std::size_t> factored_ends(MemberShare const& share, std::size_t num_ranks) {
  auto const half_of = [&](std::size_t num) { return (num + 2 * num_ranks - 1) / (2 * num_ranks); };
  std::size_t const smallest = std::min(share.smallest, half_of(share.num_members));
  std::vector<std::size_t> ends;
  for (std::size_t end = 0; end < share.num_members;) {
    std::size_t const half = half_of(share.num_members - end);
    std::size_t const size = std::min(std::max(smallest, half), share.chunk);
    for (std::size_t i = 0; i < num_ranks && end < share.num_members; ++i) {
      end = std::min(end + size, share.num_members);
      ends.push_back(end);
    }
  }
  return ends;
}

/// What a rank tells the others before its records.
struct Tally {
  std::uint64_t is_late = 0, num_thrown = 0, num_drawn = 0, num_members = 0;
};

/// The members that this rank takes, one block after the other.
class Blocks {
 public:
  Blocks(Communicator const& group, MemberShare const& share)
      : num_ranks_(static_cast<std::size_t>(group.size())) {
    auto const rank = static_cast<std::size_t>(group.rank());
    bool const draws = share.smallest > 0 && num_ranks_ > 1;
    if (draws) tickets_ = &group.tickets();
    for (std::size_t i = draws ? 0 : rank; i < share.num_members; i += draws ? 1 : num_ranks_)
      members_.push_back(i);
    if (draws) {
      ends_ = factored_ends(share, num_ranks_);
    } else {
      for (std::size_t end = 0; end < members_.size();)
        ends_.push_back(end = std::min(end + share.chunk, members_.size()));
    }
  }

  /// Empty after the last.
  std::span<std::size_t const> next() {
    std::size_t const i = tickets_ ? drawn_block() : num_taken_++;
    if (i >= ends_.size()) return {};
    std::size_t const begin = i == 0 ? 0 : ends_[i - 1];
    return std::span<std::size_t const>(members_).subspan(begin, ends_[i] - begin);
  }

  std::uint64_t num_drawn() const { return tickets_ ? tickets_->num_drawn() : 0; }

  /// @param tallies  of all ranks
  void end(std::span<Tally const> tallies) {
    if (!tickets_) return;
    std::uint64_t num_drawn = 0;
    for (int const rank : tickets_->ranks())
      num_drawn += tallies[static_cast<std::size_t>(rank)].num_drawn;
    tickets_->end_round(num_drawn);
  }

 private:
  /// Block i is for rank i modulo the group's size, or for whoever shares its tickets.
  std::size_t drawn_block() {
    auto const& sharing = tickets_->ranks();
    std::size_t const ticket = tickets_->draw();
    return ticket / sharing.size() * num_ranks_ +
           static_cast<std::size_t>(sharing[ticket % sharing.size()]);
  }

  std::size_t num_ranks_, num_taken_ = 0;
  Tickets* tickets_ = nullptr;  ///< null: all blocks are this rank's
  std::vector<std::size_t> members_, ends_;
};

/// Evaluates a rank's members.
class Worker {
 public:
  Worker(std::size_t width, Evaluate const& evaluate) : width_(width), evaluate_(evaluate) {}

  void run(std::span<std::size_t const> block) {
    members.insert(members.end(), block.begin(), block.end());
    records.resize(members.size() * width_);
    run(block, std::span(records).last(block.size() * width_));
  }

  std::vector<std::size_t> members;
  std::vector<double> records;  ///< [members, width]
  std::size_t num_thrown = 0;
  std::pair<std::size_t, std::string> first;  ///< of those that threw: member, reason

 private:
  void run(std::span<std::size_t const> block, std::span<double> to) {
    std::ranges::fill(to, 0.0);
    try {
      evaluate_(block, to);
    } catch (TimeLimitExceeded const&) {
      throw;
    } catch (std::exception const& error) {
      if (block.size() > 1) {
        for (std::size_t i = 0; i < block.size(); ++i)
          run(block.subspan(i, 1), to.subspan(i * width_, width_));
        return;
      }
      std::ranges::fill(to, 0.0);
      to[0] = std::numeric_limits<double>::quiet_NaN();
      if (num_thrown++ == 0 || block[0] < first.first) first = {block[0], error.what()};
    }
  }

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

/// Records of all ranks in member order, [member, width]. Collective.
std::vector<double> gather_records(Communicator const& group, MemberShare const& share,
                                   Worker const& worker, std::span<Tally const> tallies) {
  std::size_t most = 0;
  for (Tally const& tally : tallies) most = std::max(most, std::size_t{tally.num_members});
  // Of each rank as much: members, then their records.
  std::vector<double> sent(most * (1 + share.width)), all(sent.size() * tallies.size());
  std::ranges::copy(worker.members, sent.begin());
  std::ranges::copy(worker.records, sent.begin() + static_cast<std::ptrdiff_t>(most));
  group.all_gather<double>(sent, all);
  std::vector<double> values(share.num_members * share.width);
  for (std::size_t rank = 0; rank < tallies.size(); ++rank) {
    double const* const members = &all[rank * sent.size()];
    for (std::size_t i = 0; i < tallies[rank].num_members; ++i)
      std::copy_n(members + most + i * share.width, share.width,
                  &values[static_cast<std::size_t>(members[i]) * share.width]);
  }
  return values;
}

}  // namespace

MemberRecords evaluate_members(Communicator const& group, MemberShare const& share,
                               Deadline const& deadline, Evaluate const& evaluate) {
  Blocks blocks(group, share);
  Worker worker(share.width, evaluate);
  Tally tally;
  try {
    for (auto block = blocks.next(); !block.empty(); block = blocks.next()) {
      deadline.check();
      worker.run(block);
    }
  } catch (TimeLimitExceeded const&) {
    tally.is_late = 1;
  }
  tally.num_thrown = worker.num_thrown;
  tally.num_drawn = blocks.num_drawn();
  tally.num_members = worker.members.size();
  std::vector<Tally> tallies(static_cast<std::size_t>(group.size()));
  group.all_gather<Tally>({&tally, 1}, tallies);
  blocks.end(tallies);

  MemberRecords result;
  for (Tally const& of_rank : tallies) {
    if (of_rank.is_late != 0) deadline.exceeded();
    result.num_thrown += of_rank.num_thrown;
  }
  result.values = gather_records(group, share, worker, tallies);
  if (result.num_thrown > 0) result.reason = first_reason(group, worker);
  return result;
}

}  // namespace engram
