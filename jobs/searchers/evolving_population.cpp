#include "jobs/searchers/evolving_population.hpp"

#include <algorithm>
#include <iterator>

namespace engram {

namespace {

bool is_better(EvolvingPopulation::Member const& a, EvolvingPopulation::Member const& b) {
  return a.is_better_than(b);
}

bool leads(MigrationPaths paths, std::size_t from, std::size_t to, std::size_t num_islands) {
  if (paths == MigrationPaths::none || from == to) return false;
  return paths == MigrationPaths::full || (from + 1) % num_islands == to ||
         (to + 1) % num_islands == from;
}

}  // namespace

EvolvingPopulation::EvolvingPopulation(std::size_t num_coordinates, std::size_t size, Key key)
    : key_(key), num_coordinates_(num_coordinates) {
  resize(size);
}

void EvolvingPopulation::resize(std::size_t size) {
  rivals_.resize(size, {std::vector<double>(num_coordinates_)});
}

void EvolvingPopulation::draw(std::size_t, Random const& random, std::vector<double>& rival) const {
  for (std::size_t j = 0; j < rival.size(); ++j) rival[j] = random.uniform(j);
}

std::vector<double> const& EvolvingPopulation::breed_next() {
  auto& rival = rivals_[num_bred_].coordinates;
  Random const random(key_.index(generation_ * size() + num_bred_));
  if (generation_ > 0)
    breed(num_bred_, random, rival);
  else
    draw(num_bred_, random, rival);
  ++num_bred_;
  return rival;
}

void EvolvingPopulation::tell_next(double fitness) {
  rivals_[num_told_++].fitness = fitness;
  if (num_told_ < size()) return;
  if (generation_ == 0)
    found();
  else
    select(members_, rivals_);
  ++generation_;
  num_bred_ = num_told_ = 0;
}

void EvolvingPopulation::found() {
  members_ = rivals_;
  for (std::size_t k = 0; k < founders_.size(); ++k) {
    auto& member = members_[k % size()];
    if (!member.is_better_than(founders_[k])) member = founders_[k];
  }
}

EvolvingPopulation::Member const& EvolvingPopulation::best() const {
  return *std::ranges::min_element(members_, is_better);
}

void EvolvingPopulation::receive(Member const& migrant) {
  bool const is_here =
      std::ranges::find(members_, migrant.coordinates, &Member::coordinates) != members_.end();
  auto const worst = std::ranges::max_element(members_, is_better);
  if (!is_here && migrant.is_better_than(*worst)) *worst = migrant;
}

void migrate(Populations const& islands, MigrationPaths paths) {
  std::vector<EvolvingPopulation::Member> best;
  for (auto const& island : islands) best.push_back(island->best());
  for (std::size_t to = 0; to < islands.size(); ++to) {
    EvolvingPopulation::Member migrant;
    for (std::size_t from = 0; from < islands.size(); ++from)
      if (leads(paths, from, to, islands.size()) && best[from].is_better_than(migrant))
        migrant = best[from];
    islands[to]->receive(migrant);
  }
}

}  // namespace engram
