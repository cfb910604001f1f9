#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/evolution/strategy.hpp"

namespace engram {

/// When a run of CMA-ES is of no more use: the criteria of Hansen 2016, arXiv 1604.00772, B.3, with
/// pycma's names and limits.
class CmaStopping {
 public:
  CmaStopping(std::size_t dimension, std::size_t population_size, double first_step);

  /// What decides beside the fitness, after the generation's update.
  struct Spread {
    double largest_std = 0.0;   ///< sigma times the largest sqrt(C_ii)
    double largest_path = 0.0;  ///< sigma times the largest |p_c|
    double condition = 1.0;     ///< of the covariance matrix
  };

  void tell(Ranking const& ranking, Spread const& spread);

  /// tolfun, tolfunhist, tolx, conditioncov, tolfacupx, tolstagnation, maxiter; empty: go on.
  std::string_view reason() const;

  void exchange(StateArchive& archive);

 private:
  std::size_t find_reason(Ranking const& ranking, Spread const& spread);
  bool is_stagnant();
  double median(std::span<double const> values);

  std::size_t num_recent_, num_stagnation_;
  double max_generations_, max_std_;

  std::vector<double> best_, median_;  // fitness a generation, latest last
  std::uint64_t num_generations_ = 0;
  std::size_t i_reason_ = 0;
  std::vector<double> sorted_;  // kept for its memory only
};

}  // namespace engram
