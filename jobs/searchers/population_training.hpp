#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "jobs/searcher.hpp"

namespace engram {

/// Members that train at the same time, of which the worst go on from states of the best with other
/// values (Jaderberg et al. 2017, arXiv 1711.09846). Generation g of G has the points [g P, (g+1)
/// P) of the P members, each with the budget (g+1) / G. It is made of all results of the generation
/// before: members that went on as soon as they are ready would make points depend on how long
/// trials take.
class PopulationTraining : public Searcher {
 public:
  std::vector<Proposal> ask(std::size_t max_points) final;
  void tell(PointResult const& result) final;
  bool finished() const final { return num_asked_ == num_points(); }
  std::uint64_t num_points() const final { return size_ * num_generations_; }
  bool keeps_states() const final { return true; }
  std::uint64_t oldest_to_continue() const final;

 protected:
  /// Where a member goes on from.
  struct Origin {
    std::size_t member;  ///< of the generation before
    bool is_own;         ///< with its own values and random numbers
  };

  /// Throws UserError if population, generations and number of points contradict each other.
  explicit PopulationTraining(SearcherSettings const& settings);

  std::size_t size() const { return size_; }
  std::uint64_t generation() const { return num_asked_ / size_; }  ///< of the next point

 private:
  /// A member that begins.
  virtual Point draw(std::size_t i_member, Key key) = 0;

  /// Values of all members of the next generation; what is its own has those it had.
  /// @param values   [size()] of the generation before
  /// @param origins  [size()]
  /// @param fitness  [size()] of the generation before; larger is better, NaN: none
  virtual std::vector<Point> explore(std::span<Point const> values, std::span<Origin const> origins,
                                     std::span<double const> fitness, Key key) = 0;

  void begin_generation();
  void begin_anew();
  void continue_from(std::span<Origin const> origins);
  std::vector<std::size_t> ranked() const;
  std::vector<Origin> exploit() const;

  Direction direction_;
  Key key_;
  double quantile_;
  std::uint64_t size_ = 1, num_generations_ = 1;
  std::uint64_t num_asked_ = 0, num_told_ = 0;
  std::vector<Proposal> members_;  ///< of the generation of the next point
  std::vector<double> fitness_;    ///< told of the latest generation that is asked for
};

/// Options that `PopulationTraining` reads.
std::vector<ParameterSpec> population_options(std::int64_t population, std::string_view source);

}  // namespace engram
