#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// Members that rivals are made from, a generation of as many at a time: what evolutionary
/// searchers are, by themselves or as islands. Its generations are a function of its key and the
/// fitness told.
class EvolvingPopulation {
 public:
  struct Member {
    std::vector<double> coordinates;
    double fitness = std::nan("");  ///< larger is better; NaN is worst

    bool is_better_than(Member const& other) const {
      return fitness > other.fitness || (std::isnan(other.fitness) && !std::isnan(fitness));
    }
  };

  virtual ~EvolvingPopulation() = default;
  EvolvingPopulation(EvolvingPopulation const&) = delete;
  EvolvingPopulation& operator=(EvolvingPopulation const&) = delete;

  std::size_t size() const { return rivals_.size(); }  ///< members, and rivals of a generation
  std::uint64_t generation() const { return generation_; }

  /// A member from elsewhere, before the first generation: a rival of one of that, which they are
  /// given to one after the other; or what the deriving class makes of it.
  virtual void add_founder(Member founder) { founders_.push_back(std::move(founder)); }

  /// Before the first rival of each generation, when founders or members of other populations have
  /// come. From here on the size is that of the generation.
  virtual void begin_generation() {}

  /// The next rival of the generation; those of the first are uniform in the unit cube, or what the
  /// deriving class draws.
  std::vector<double> const& breed_next();

  /// Fitness of the next rival; the last one's ends the generation.
  void tell_next(double fitness);

  /// After the first generation.
  std::vector<Member> const& members() const { return members_; }
  Member const& best() const;  ///< the first of equals

  /// Takes the member of another population in place of the worst, if it is better and not here
  /// yet.
  void receive(Member const& migrant);

 protected:
  /// @param num_coordinates  of a member
  /// @param size             > 0
  EvolvingPopulation(std::size_t num_coordinates, std::size_t size, Key key);

  std::vector<Member> const& rivals() const { return rivals_; }

  /// For `begin_generation` of classes that need not have as many members as rivals.
  void resize(std::size_t size);

 private:
  /// One of the first generation.
  virtual void draw(std::size_t i, Random const& random, std::vector<double>& rival) const;

  /// @param random  the rival's own
  /// @param rival   [num_coordinates]
  virtual void breed(std::size_t i, Random const& random, std::vector<double>& rival) const = 0;

  /// Leaves the next generation of members: equally many, of members and rivals.
  virtual void select(std::vector<Member>& members, std::vector<Member> const& rivals) const = 0;

  void found();

  Key key_;
  std::size_t num_coordinates_;
  std::uint64_t generation_ = 0;
  std::size_t num_bred_ = 0, num_told_ = 0;  ///< of the generation
  std::vector<Member> members_, rivals_, founders_;
};

using Populations = std::vector<std::unique_ptr<EvolvingPopulation>>;

enum class MigrationPaths { ring, full, none };

/// Offers each population the best member of those that lead to it: in a ring the two beside it, or
/// all. All leave at the same time, so that no member takes two steps.
void migrate(Populations const& islands, MigrationPaths paths);

}  // namespace engram
