#pragma once

#include <cstdint>

#include "core/control/task.hpp"

namespace engram {

/// Objects in a grid that reward who steps on them, vanish, and come back: the tabular levels of
/// learned policy gradients (Oh et al. 2020, arXiv 2007.08794), as groove implements them
/// (Jackson et al. 2024). In a step the agent moves; objects there are taken; each missing object
/// comes back by its chance, but not one taken in this step; and the episode ends with the added
/// chances of what was taken. The defaults are the level "dense".
struct GridWorld {
  static constexpr int max_size = 13, max_objects = 5;

  struct Object {
    int cell;
    double reward;
    double p_terminate;  ///< that taking it ends the episode
    double p_respawn;    ///< that it comes back, a step
  };

  int size = 11;  ///< cells a side; cell (row, column) has the number row * size + column
  int start = 0;  ///< cell
  int num_objects = 4;
  Object objects[max_objects] = {
      {14, 1.0, 0.0, 0.05}, {40, 1.0, 0.0, 0.05}, {95, -1.0, 0.5, 0.1}, {101, -1.0, 0.0, 0.5}};
  bool walls[max_size * max_size] = {};  ///< by cell
  int max_steps = 500;

  using Action = int;  ///< 0: up, to the row before; 1: down; 2: left; 3: right; 4: stay
  static constexpr int num_actions = 5;
  /// The state's number in a table of num_table_states(), where a network would have a one-hot
  /// vector; time / 1000 steps.
  static constexpr int num_observations = 2;

  struct State {
    int cell;
    std::uint32_t present;  ///< bit i: object i is there
    int time;
    Key chance;
  };

  /// Cells times sets of objects.
  KOKKOS_INLINE_FUNCTION int num_table_states() const { return size * size << num_objects; }

  KOKKOS_INLINE_FUNCTION int table_state(State const& s) const {
    return s.cell + size * size * static_cast<int>(s.present);
  }

  void validate() const;

  KOKKOS_INLINE_FUNCTION void reset(Key episode, State& s) const {
    s.cell = start;
    s.present = (std::uint32_t{1} << num_objects) - 1;
    s.time = 0;
    s.chance = episode;
  }

  KOKKOS_INLINE_FUNCTION void observe(State const& s, double (&out)[num_observations]) const {
    out[0] = table_state(s);
    out[1] = 0.001 * s.time;
  }

  KOKKOS_INLINE_FUNCTION Transition step(State& s, int action) const {
    Random const chance(s.chance);
    std::uint64_t const first_draw = static_cast<std::uint64_t>(s.time) * (max_objects + 1);
    s.cell = neighbour(s.cell, action);
    double reward = 0.0, p_end = 0.0;
    std::uint32_t present = s.present;
    for (int i = 0; i < num_objects; ++i) {
      std::uint32_t const bit = std::uint32_t{1} << i;
      bool const was_there = (s.present & bit) != 0;
      bool const taken = was_there & (objects[i].cell == s.cell);
      bool const returns =
          !was_there &
          (chance.uniform(first_draw + static_cast<std::uint64_t>(i)) < objects[i].p_respawn);
      reward += taken ? objects[i].reward : 0.0;
      p_end += taken ? objects[i].p_terminate : 0.0;
      present ^= (taken | returns) ? bit : 0;
    }
    s.present = present;
    s.time += 1;
    return {reward, chance.uniform(first_draw + max_objects) < p_end};
  }

  /// The cell that an action leads to; the same before walls and at the border.
  KOKKOS_INLINE_FUNCTION int neighbour(int cell, int action) const {
    int const row = cell / size, column = cell % size;
    int const step = action == 0   ? (row > 0 ? -size : 0)
                     : action == 1 ? (row < size - 1 ? size : 0)
                     : action == 2 ? (column > 0 ? -1 : 0)
                     : action == 3 ? (column < size - 1 ? 1 : 0)
                                   : 0;
    return walls[cell + step] ? cell : cell + step;
  }
};

}  // namespace engram
