#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/unit_encoding.hpp"

namespace engram {
namespace {

/// DE/rand/1/bin: a member's rival is a third member plus a multiple of the difference of two
/// others, of which it keeps some coordinates of the member; the better one stays. A generation is
/// evaluated before the next one is asked for.
class DifferentialEvolution final : public Adaptive {
 public:
  explicit DifferentialEvolution(SearcherSettings const& settings)
      : Adaptive(settings),
        encoding_(settings.space),
        key_(settings.key),
        scale_(settings.options.real("scale")),
        crossover_(settings.options.real("crossover")),
        size_(settings.options.count("population")) {
    if (size_ == 0) size_ = std::max<std::size_t>(4, 5 * encoding_.num_coordinates());
    if (size_ < 4)
      throw UserError("population is " + std::to_string(size_) + "; expected 0, or 4 and more");
    rivals_.assign(size_, {std::vector<double>(encoding_.num_coordinates())});
  }

  bool learns_from_others() const override { return true; }
  bool heeds_constraints() const override { return true; }

 private:
  struct Member {
    std::vector<double> coordinates;
    double fitness = std::nan("");
  };

  /// Those of the generations before.
  std::uint64_t num_needed() const override { return num_asked() / size_ * size_; }

  void learn(double fitness) override {
    std::size_t const i = num_learned() % size_;
    rivals_[i].fitness = fitness;
    if (i < members_.size()) {
      replace_if_better(members_[i], rivals_[i]);
      return;
    }
    members_.push_back(rivals_[i]);
    for (std::size_t k = i; k < others_.size(); k += size_)
      replace_if_better(members_[i], others_[k]);
  }

  /// Others' points are rivals of the first generation, one after the other of all its members.
  void learn_of(Point const& point, double fitness) override {
    others_.push_back({encoding_.coordinates(point), fitness});
  }

  static void replace_if_better(Member& member, Member const& rival) {
    if (std::isnan(member.fitness) || rival.fitness >= member.fitness) member = rival;
  }

  Point propose() override {
    std::size_t const i = num_asked() % size_;
    Random const random(key_.index(num_asked()));
    auto& rival = rivals_[i].coordinates;
    if (num_asked() < size_)
      for (std::size_t j = 0; j < rival.size(); ++j) rival[j] = random.uniform(j);
    else
      breed(i, random, rival);
    return encoding_.point(rival);
  }

  void breed(std::size_t i, Random const& random, std::vector<double>& rival) const {
    auto const others = three_others(i, random);
    auto const& base = members_[others[0]].coordinates;
    auto const &plus = members_[others[1]].coordinates, &minus = members_[others[2]].coordinates;
    std::size_t const n = rival.size();
    auto const surely = n > 0 ? random.integer(3, n) : 0;
    for (std::size_t j = 0; j < n; ++j) {
      bool const is_new = j == surely || random.uniform(4 + j) < crossover_;
      rival[j] = is_new ? base[j] + scale_ * (plus[j] - minus[j]) : members_[i].coordinates[j];
    }
  }

  /// Distinct ones: each a number among those that are left.
  std::array<std::size_t, 3> three_others(std::size_t i, Random const& random) const {
    std::array<std::size_t, 3> drawn;
    std::array<std::size_t, 4> taken = {i};
    for (std::size_t k = 1; k < 4; ++k) {
      std::sort(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(k));
      std::size_t other = random.integer(k - 1, size_ - k);
      for (std::size_t t = 0; t < k; ++t) other += other >= taken[t] ? 1 : 0;
      taken[k] = other;
      drawn[k - 1] = other;
    }
    return drawn;
  }

  UnitEncoding encoding_;
  Key key_;
  double scale_, crossover_;
  std::size_t size_;
  std::vector<Member> members_, rivals_;  ///< of the present generation
  std::vector<Member> others_;
};

RegisterSearcher const registered_differential_evolution({
    .name = "differential_evolution",
    .summary = "members that are replaced by better ones, moved by differences of others",
    .source = "Storn and Price 1997, doi 10.1023/A:1008202821328, DE/rand/1/bin",
    .options = {integer("population", 0)
                    .range(0, 1e6)
                    .means("members, which are evaluated at a time; 0: 5 a coordinate, or 4")
                    .from("Storn and Price 1997"),
                real("scale", 0.5)
                    .range(0.0, 2.0)
                    .means("factor of differences, F")
                    .from("Storn and Price 1997"),
                real("crossover", 0.9)
                    .range(0.0, 1.0)
                    .means("probability with which a coordinate is new, CR")
                    .from("Storn and Price 1997")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<DifferentialEvolution>(s); },
});

}  // namespace
}  // namespace engram
