#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engram {

/// One number of what describes a behaviour.
struct BehaviourAxis {
  std::string name;
  double low = 0.0, high = 0.0;  ///< low < high; equal: not known yet
  std::size_t num_cells = 10;

  bool is_open() const { return low == high; }
};

/// Reads "effort(0, 1, 20) speed(0, 3) length": range and cells, which may be left out; separated
/// by spaces or commas. Throws UserError.
std::vector<BehaviourAxis> read_behaviour_axes(std::string_view text);

/// A box of behaviours that is divided into cells, of which an archive keeps the best of each
/// (Mouret & Clune 2015, arXiv 1504.04909).
class BehaviourSpace {
 public:
  explicit BehaviourSpace(std::vector<BehaviourAxis> axes);

  std::vector<BehaviourAxis> const& axes() const { return axes_; }
  std::size_t num_cells() const;

  /// Open axes get the range of these, NaN left out, or one unit around them if that is empty.
  /// @param behaviours  of the first points
  void close(std::span<std::vector<double> const> behaviours);

  /// Behaviours by the ranges of the axes: [0, 1] within the box.
  std::vector<double> scaled(std::span<double const> behaviour) const;

  /// The last axis fastest; what is outside the box belongs to the cell next to it.
  std::size_t cell(std::span<double const> behaviour) const;

 private:
  std::vector<BehaviourAxis> axes_;
};

/// The mean distance to the nearest of the others (Lehman & Stanley 2011, doi
/// 10.1162/EVCO_a_00025, eq. 1), or to all if there are fewer; infinite without any.
/// @param self  of `others`, is left out; others.size(): none
double novelty(std::span<double const> behaviour, std::span<std::vector<double> const> others,
               std::size_t self, std::size_t num_nearest);

}  // namespace engram
