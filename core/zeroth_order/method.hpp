#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/random/random.hpp"
#include "core/registry.hpp"
#include "core/state_archive.hpp"
#include "core/zeroth_order/directions.hpp"
#include "core/zeroth_order/loss_oracle.hpp"

namespace engram {

/// What a method subtracts from losses that it takes for one-point estimates.
enum class Baseline {
  none,
  last,    ///< the mean loss of the step before: of that step's noise, but not of this one's
  others,  ///< the mean loss of the step's other directions
};

/// What a method begins with; each takes what it knows.
struct MethodSettings {
  std::size_t dimension = 0;        ///< of theta
  double rate = 0.0;                ///< > 0, as MethodFactory::rate_is_descents says
  double width = 1e-3;              ///< > 0: mu, sigma or epsilon
  std::size_t num_directions = 16;  ///< q
  std::size_t noise_rank = 1;       ///< r, of the noise of matrices of weights (EGGROLL)
  Directions directions = Directions::gaussian;
  bool central = false;  ///< central differences for forward ones: 2 q evaluations for q + 1
  Baseline baseline = Baseline::others;
  std::size_t epoch = 10;  ///< steps between snapshots (SVRG)
  double stability = 0.0;  ///< A: a tenth of the number of steps (SPSA)
  double beta1 = 0.9, beta2 = 0.999;
  double decay = 0.0;  ///< of weights (MeZO)
  Key key;             ///< the method's random numbers
};

/// Throws std::invalid_argument unless sizes and steps are positive, and there are no more
/// orthogonal directions than dimensions.
void check(MethodSettings const& settings);

/// A way down a loss. Random numbers are keyed by the step, and steps are functions of the losses:
/// ranks that are told the same stay the same to the bit.
///
///   while (…) {
///     method->step(oracle, theta);
///   }
class ZerothOrderMethod {
 public:
  virtual ~ZerothOrderMethod() = default;
  ZerothOrderMethod(ZerothOrderMethod const&) = delete;
  ZerothOrderMethod& operator=(ZerothOrderMethod const&) = delete;

  std::size_t dimension() const { return settings_.dimension; }
  std::uint64_t num_steps() const { return num_steps_; }  ///< made so far

  /// Throws std::invalid_argument if theta, which is changed, is not of the dimension.
  void step(LossOracle& oracle, std::span<double> theta);

  /// All that changes, as part of a larger state; what `estimate` gives is not.
  void exchange(StateArchive& archive);

  /// What the last step took for the gradient of its batch.
  /// @param out  overwritten, [dimension]
  virtual void estimate(std::span<double> out) const;

 protected:
  explicit ZerothOrderMethod(MethodSettings const& settings);

  MethodSettings const& settings() const { return settings_; }
  /// Of the present step.
  Key key() const { return settings_.key.index(num_steps_); }
  /// `num` directions of the present step, [num, dimension].
  std::vector<double> draw(Directions kind, std::size_t num) const;
  /// Forward or central differences along them, as the settings say.
  void difference(BatchLoss const& loss, std::span<double const> theta,
                  std::span<double const> directions, std::span<double> gradient) const;

  /// The estimate, for the step to write.
  std::span<double> gradient();
  /// theta -= rate gradient
  void descend(double rate, std::span<double> theta);

 private:
  virtual void make_step(LossOracle& oracle, std::span<double> theta) = 0;
  /// Hands every member that one step leaves to the next to the archive.
  virtual void exchange_rest(StateArchive&) {}

  MethodSettings settings_;
  std::uint64_t num_steps_ = 0;
  std::vector<double> gradient_;
};

/// A kind of method: name, documentation, constructor.
struct MethodFactory {
  static constexpr std::string_view kind = "zeroth-order method", plural = "methods";
  std::string name;
  std::string summary;
  std::string source;
  /// The rate is gradient descent's, and the method's steps are smaller by the ratio of mean
  /// squares of estimate and gradient; otherwise it is that of the steps.
  bool rate_is_descents = true;
  /// Where none is given; found with digits. Noise of an estimate lies mostly where the loss is
  /// flat, so that a method may bear more than gradient descent does (Malladi et al. 2023, section
  /// 4).
  double rate = 0.0;
  /// Throws std::invalid_argument if the settings are out of range.
  std::function<std::unique_ptr<ZerothOrderMethod>(MethodSettings const&)> make;
};

using MethodRegistry = Registry<MethodFactory>;
using RegisterMethod = Register<MethodFactory>;  ///< in core/zeroth_order/methods/<name>.cpp

}  // namespace engram
