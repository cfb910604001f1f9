#include "jobs/study_searcher.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace engram {

namespace {

class StudySearcher final : public Searcher {
 public:
  StudySearcher(std::unique_ptr<Searcher> searcher, std::vector<Point> first, SearchSpace space)
      : searcher_(std::move(searcher)), first_(std::move(first)), space_(std::move(space)) {}

  std::vector<Proposal> ask(std::size_t max_points) override {
    std::vector<Proposal> points;
    for (; num_handed_out_ < first_.size() && points.size() < max_points; ++num_handed_out_)
      points.push_back({first_[num_handed_out_]});
    bool const is_too_early = searcher_->learns_from_others() && num_told_ < first_.size();
    if (num_handed_out_ < first_.size() || is_too_early || points.size() == max_points)
      return points;
    for (auto& proposal : searcher_->ask(max_points - points.size())) {
      if (proposal.continues) *proposal.continues += first_.size();
      if (proposal.seeds_of) *proposal.seeds_of += first_.size();
      set_inactive(space_, proposal.values);
      points.push_back(std::move(proposal));
    }
    return points;
  }

  void tell(PointResult const& result) override {
    ++num_told_;
    if (result.point < first_.size()) {
      searcher_->tell_of(first_[result.point], result);
      return;
    }
    auto shifted = result;
    shifted.point -= first_.size();
    searcher_->tell(shifted);
  }

  bool finished() const override {
    return num_handed_out_ == first_.size() && searcher_->finished();
  }
  std::uint64_t num_points() const override { return first_.size() + searcher_->num_points(); }
  bool keeps_states() const override { return searcher_->keeps_states(); }
  bool heeds_constraints() const override { return searcher_->heeds_constraints(); }
  std::uint64_t oldest_to_continue() const override {
    return first_.size() + searcher_->oldest_to_continue();
  }

 private:
  std::unique_ptr<Searcher> searcher_;
  std::vector<Point> first_;
  SearchSpace space_;
  std::size_t num_handed_out_ = 0, num_told_ = 0;
};

}  // namespace

std::unique_ptr<Searcher> as_study_uses(std::unique_ptr<Searcher> searcher,
                                        std::vector<Point> first_points, SearchSpace const& space) {
  bool const has_conditions = std::ranges::any_of(
      space, [](Dimension const& dimension) { return dimension.condition().has_value(); });
  if (first_points.empty() && !has_conditions) return searcher;
  return std::make_unique<StudySearcher>(std::move(searcher), std::move(first_points), space);
}

}  // namespace engram
