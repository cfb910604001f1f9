#include <algorithm>
#include <cmath>
#include <memory>

#include "core/evolution/strategy.hpp"
#include "core/random/noise.hpp"

namespace engram {
namespace {

/// Truncation and an elite, by mutation alone: a member is one of the best T of the last
/// generation, each as likely, plus step * noise; member 0 is the best itself.
///
/// A parent is stored as the mutations that lead to it from the youngest ancestor of all parents,
/// (generation, member) each; that ancestor is the only genome beside the best one. Lineages merge
/// within some T generations, so that a genome costs as many times its noise, not one a generation
/// as with the paper's seeds.
class SimpleGa final : public EvolutionStrategy {
 public:
  explicit SimpleGa(StrategySettings const& settings)
      : EvolutionStrategy(settings),
        population_size_(resolved_population_size(settings)),
        step_(settings.step),
        ancestor_(draw_start(settings)),
        best_(ancestor_),
        parents_(1) {
    // The paper has 20 parents of 1,000.
    double const share = settings.top_fraction.value_or(0.02);
    num_parents_ = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::lround(share * static_cast<double>(population_size_))));
  }

  std::size_t population_size() const override { return population_size_; }
  /// The best of the last generation.
  std::span<double const> mean() const override { return best_; }
  std::string_view stop_reason() const override { return ""; }

 private:
  struct Mutation {
    std::uint64_t generation;
    std::size_t i_member;
    bool operator==(Mutation const&) const = default;
  };
  using Lineage = std::vector<Mutation>;

  bool is_elite(std::size_t i_member) const { return generation() > 0 && i_member == 0; }

  Lineage lineage_of(std::size_t i_member) const {
    if (is_elite(i_member)) return parents_[0];
    Random const random(noise_key(generation(), i_member).stream("strategy/parent"));
    auto lineage = parents_[random.integer(0, parents_.size())];
    lineage.push_back({generation(), i_member});
    return lineage;
  }

  /// One after the other, so that rounding does not depend on where the ancestor is.
  void mutate(std::span<Mutation const> mutations, std::span<double> genome) const {
    std::vector<GaussianNoise> noises;
    for (auto const& m : mutations) noises.emplace_back(noise_key(m.generation, m.i_member));
    std::vector<double> const steps(noises.size(), step_);
    add_weighted(std::span<GaussianNoise const>(noises), std::span<double const>(steps), 0, genome);
  }

  void make_genome(std::size_t i_member, std::span<double> out) const override {
    if (is_elite(i_member)) {
      std::ranges::copy(best_, out.begin());
      return;
    }
    std::ranges::copy(ancestor_, out.begin());
    mutate(lineage_of(i_member), out);
  }

  void update(Ranking const& ranking) override {
    std::vector<Lineage> next;
    std::size_t const num_parents = std::min(num_parents_, population_size_);
    for (std::size_t k = 0; k < num_parents; ++k) next.push_back(lineage_of(ranking.order[k]));
    if (!is_elite(ranking.order[0])) make_genome(ranking.order[0], best_);
    parents_ = std::move(next);
    move_ancestor();
  }

  /// What all lineages begin with goes into the ancestor.
  void move_ancestor() {
    auto const& first = parents_[0];
    std::size_t num_common = first.size();
    for (auto const& lineage : parents_) {
      auto const difference = std::ranges::mismatch(first, lineage).in1;
      num_common = std::min(num_common, static_cast<std::size_t>(difference - first.begin()));
    }
    mutate(std::span(first).first(num_common), ancestor_);
    for (auto& lineage : parents_)
      lineage.erase(lineage.begin(), lineage.begin() + static_cast<std::ptrdiff_t>(num_common));
  }

  void exchange(StateArchive& archive) override {
    archive(std::span(ancestor_));
    archive(std::span(best_));
    std::vector<double> lengths, mutations;
    for (auto const& lineage : parents_) {
      lengths.push_back(static_cast<double>(lineage.size()));
      for (auto const& m : lineage) {
        mutations.push_back(static_cast<double>(m.generation));
        mutations.push_back(static_cast<double>(m.i_member));
      }
    }
    archive(lengths);
    archive(mutations);
    if (archive.reads()) read_parents(lengths, mutations);
  }

  void read_parents(std::vector<double> const& lengths, std::vector<double> const& mutations) {
    parents_.clear();
    std::size_t i = 0;
    for (double const length : lengths) {
      // Written so that NaN, too, is refused.
      if (!(length >= 0.0 && length <= static_cast<double>(mutations.size() - i) / 2.0))
        throw std::invalid_argument("these numbers are no lineages");
      auto& lineage = parents_.emplace_back();
      for (auto const last = i + 2 * static_cast<std::size_t>(length); i < last; i += 2)
        lineage.push_back(
            {static_cast<std::uint64_t>(mutations[i]), static_cast<std::size_t>(mutations[i + 1])});
    }
    if (parents_.empty()) throw std::invalid_argument("a generation has parents");
  }

  std::size_t population_size_, num_parents_;
  double step_;
  std::vector<double> ancestor_, best_;
  std::vector<Lineage> parents_;  // of the present generation, best first
};

RegisterStrategy const registered_simple_ga({
    .name = "simple_ga",
    .summary = "genetic algorithm of mutation, truncation and an elite",
    .source = "Such et al. 2017, arXiv 1712.06567, algorithm 1",
    .defaults = "top_fraction 0.02, and one parent at least",
    .make = [](StrategySettings const& s) { return std::make_unique<SimpleGa>(s); },
});

}  // namespace
}  // namespace engram
