#include <cmath>
#include <memory>

#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Central differences along signs, with steps and widths that decay. The first step is that of
/// the rate (Spall's advice on a), the first width the given one.
class Spsa final : public ZerothOrderMethod {
 public:
  explicit Spsa(MethodSettings const& s)
      : ZerothOrderMethod(s), gains_{.a = 1.0, .c = s.width, .stability = s.stability} {
    double const first =
        s.rate / mean_square_ratio(Directions::rademacher, s.num_directions, s.dimension);
    gains_.a = first / gains_.step(0.0);
  }

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const k = static_cast<double>(num_steps());
    estimate_central(oracle.loss(), theta, draw(Directions::rademacher, settings().num_directions),
                     gains_.width(k), gradient());
    descend(gains_.step(k), theta);
  }

  SpsaGains gains_;
};

RegisterMethod const registered_spsa({
    .name = "spsa",
    .summary = "central differences along signs, with decaying steps and widths",
    .source = "Spall 1992, IEEE Trans. Automat. Contr. 37:332; gains: Spall 1998",
    .rate = 5.0,
    .make = [](MethodSettings const& s) { return std::make_unique<Spsa>(s); },
});

}  // namespace
}  // namespace engram
