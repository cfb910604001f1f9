#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "jobs/searchers/population_training.hpp"
#include "jobs/searchers/time_varying_process.hpp"
#include "jobs/searchers/unit_encoding.hpp"

namespace engram {
namespace {

/// What a generation changed of a member's result: from where, with what values.
struct Change {
  double time;    ///< generation
  double before;  ///< result that the member went on from
  std::vector<double> coordinates;
  double change;
};

/// The model of changes: results before are scaled to the unit interval, as coordinates are, and
/// changes to mean 0 and variance 1. Of a few lengths and noises it has the likeliest.
class ChangeModel {
 public:
  ChangeModel(std::span<Change const> changes, double forgetting) {
    scale(changes);
    double most = -std::numeric_limits<double>::infinity();
    for (double const length : {0.125, 0.25, 0.5, 1.0}) {
      for (double const noise : {0.01, 0.1, 1.0}) {
        TimeVaryingProcess process({length, forgetting, noise});
        for (auto const& c : changes)
          process.add(c.time, input(c.before, c.coordinates), (c.change - mean_) * factor_);
        if (!(process.log_likelihood() > most)) continue;
        most = process.log_likelihood();
        process_ = std::move(process);
      }
    }
  }

  /// A point whose change is not known yet: with the expected one, which leaves all expectations as
  /// they are and makes those around it surer (Desautels et al. 2014, JMLR 15:4053).
  void add_pending(double time, double before, std::vector<double> const& coordinates) {
    auto const x = input(before, coordinates);
    process_.add(time, x, process_.predict(time, x).mean);
  }

  /// Upper bound of the change with the confidence of Parker-Holder et al. 2020.
  /// @param weight  of the standard deviation
  double upper_bound(double time, double before, std::vector<double> const& coordinates,
                     double weight) const {
    auto const [mean, variance] = process_.predict(time, input(before, coordinates));
    return mean + weight * std::sqrt(variance);
  }

 private:
  void scale(std::span<Change const> changes) {
    if (changes.empty()) return;
    auto const [least, most] = std::ranges::minmax_element(changes, {}, &Change::before);
    least_before_ = least->before;
    range_before_ = most->before - least->before;
    auto const n = static_cast<double>(changes.size());
    for (auto const& c : changes) mean_ += c.change / n;
    double variance = 0.0;
    for (auto const& c : changes) variance += (c.change - mean_) * (c.change - mean_) / n;
    factor_ = variance > 0.0 ? 1.0 / std::sqrt(variance) : 0.0;
  }

  /// Results beyond those seen before count as at most a whole range beyond.
  std::vector<double> input(double before, std::vector<double> const& coordinates) const {
    double const scaled = range_before_ > 0.0 ? (before - least_before_) / range_before_ : 0.0;
    std::vector<double> x = {std::clamp(scaled, -1.0, 2.0)};
    x.insert(x.end(), coordinates.begin(), coordinates.end());
    return x;
  }

  double least_before_ = 0.0, range_before_ = 0.0, mean_ = 0.0, factor_ = 0.0;
  TimeVaryingProcess process_ = TimeVaryingProcess({});
};

/// Population-based bandits: as population-based training, but values of members that go on from
/// another's state are where a model of changes has its largest upper confidence bound.
class Pb2 final : public PopulationTraining {
 public:
  explicit Pb2(SearcherSettings const& settings)
      : PopulationTraining(settings),
        encoding_(settings.space),
        forgetting_(settings.options.real("forgetting")),
        num_remembered_(settings.options.count("remembered")),
        members_(size()) {}

 private:
  static constexpr std::uint64_t num_anywhere = 200, num_near = 100;  ///< candidates

  struct Member {
    std::vector<double> coordinates;
    double before = std::nan("");  ///< result that it goes on from; NaN: from the beginning
  };

  Point draw(std::size_t i_member, Key key) override {
    members_[i_member] = {std::vector<double>(encoding_.num_coordinates())};
    draw_anywhere(Random(key), 0, members_[i_member].coordinates);
    return encoding_.point(members_[i_member].coordinates);
  }

  std::vector<Point> explore(std::span<Point const> values, std::span<Origin const> origins,
                             std::span<double const> fitness, Key key) override {
    learn(fitness);
    ChangeModel model(changes_, forgetting_);
    auto const before = std::exchange(members_, {});
    auto const now = static_cast<double>(generation());
    for (auto const& origin : origins) {
      members_.push_back({before[origin.member].coordinates, fitness[origin.member]});
      if (origin.is_own)
        model.add_pending(now, members_.back().before, members_.back().coordinates);
    }
    std::vector<Point> result;
    for (std::size_t m = 0; m < size(); ++m) {
      auto& member = members_[m];
      if (origins[m].is_own) {
        result.push_back(values[m]);
        continue;
      }
      member.coordinates = most_promising(model, now, member.before, key.index(m));
      model.add_pending(now, member.before, member.coordinates);
      result.push_back(encoding_.point(member.coordinates));
    }
    return result;
  }

  void learn(std::span<double const> fitness) {
    for (std::size_t m = 0; m < size(); ++m) {
      double const change = fitness[m] - members_[m].before;
      if (!std::isfinite(change)) continue;
      changes_.push_back({static_cast<double>(generation() - 1), members_[m].before,
                          members_[m].coordinates, change});
    }
    if (changes_.size() > num_remembered_)
      changes_.erase(changes_.begin(),
                     changes_.end() - static_cast<std::ptrdiff_t>(num_remembered_));
  }

  /// Of candidates that are anywhere, then ever closer to the best of them.
  std::vector<double> most_promising(ChangeModel const& model, double now, double before,
                                     Key key) const {
    Random const anywhere(key.index(0)), near(key.index(1));
    auto const num_changes = static_cast<double>(changes_.size());
    double const weight = std::sqrt(0.2 + std::max(0.0, std::log(0.4 * num_changes)));
    std::vector<double> candidate(encoding_.num_coordinates()), best = candidate;
    double most = -std::numeric_limits<double>::infinity();
    for (std::uint64_t c = 0; c < num_anywhere + num_near; ++c) {
      if (c < num_anywhere)
        draw_anywhere(anywhere, c, candidate);
      else
        draw_near(near, c - num_anywhere, best, candidate);
      double const bound = model.upper_bound(now, before, candidate, weight);
      if (!(bound > most)) continue;
      most = bound;
      best = candidate;
    }
    return best;
  }

  static void draw_anywhere(Random const& random, std::uint64_t i, std::vector<double>& out) {
    for (std::size_t j = 0; j < out.size(); ++j) out[j] = random.uniform(i * out.size() + j);
  }

  static void draw_near(Random const& random, std::uint64_t i, std::vector<double> const& centre,
                        std::vector<double>& out) {
    double const step = 0.2 * std::pow(0.01, static_cast<double>(i) / num_near);
    for (std::size_t j = 0; j < out.size(); ++j)
      out[j] = std::clamp(centre[j] + step * random.normal(i * out.size() + j), 0.0, 1.0);
  }

  UnitEncoding encoding_;
  double forgetting_;
  std::size_t num_remembered_;
  std::vector<Member> members_;  ///< of the latest generation
  std::vector<Change> changes_;  ///< in the order of points, the last of them
};

std::vector<ParameterSpec> pb2_options() {
  auto options = population_options(4, "Parker-Holder et al. 2020: 4 and 8");
  options.push_back(real("forgetting", 0.1)
                        .range(0.0, 0.5)
                        .means("how much less changes a generation apart are correlated, epsilon")
                        .from("Ray Tune"));
  options.push_back(integer("remembered", 100)
                        .range(1, 1000)
                        .means("changes that the model is made of, the last; the time that it "
                               "takes grows by their cube")
                        .from("here; Ray Tune: 1,000"));
  return options;
}

RegisterSearcher const registered_pb2({
    .name = "pb2",
    .summary = "population-based bandits: as pbt, but what the worst go on with is not drawn but "
               "chosen by a model of how values change results over time",
    .source = "Parker-Holder et al. 2020, arXiv 2002.02518; numbers of Ray Tune (Liaw et al. 2018, "
              "arXiv 1807.05118)",
    .options = pb2_options(),
    .extensible = false,
    .needs_states = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<Pb2>(s); },
});

}  // namespace
}  // namespace engram
