#include <algorithm>
#include <memory>

#include "core/zeroth_order/method.hpp"
#include "core/zeroth_order/seeded.hpp"

namespace engram {
namespace {

/// Central differences along normal directions that are regenerated whenever they are needed, of
/// parameters that are moved where they lie: no memory beyond theirs. One evaluation after the
/// other, so that the ranks of a group have nothing to share.
class Mezo final : public ZerothOrderMethod {
 public:
  explicit Mezo(MethodSettings const& s) : ZerothOrderMethod(s), slopes_(s.num_directions) {}

  void estimate(std::span<double> out) const override {
    std::ranges::fill(out, 0.0);
    if (num_steps() == 0) return;
    auto const last = settings().key.index(num_steps() - 1);
    for (std::size_t i = 0; i < slopes_.size(); ++i)
      seeded_update(GaussianNoise(last.index(i)), slopes_[i], -share(), 0.0, out);
  }

 private:
  double share() const { return 1.0 / static_cast<double>(slopes_.size()); }

  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const& s = settings();
    auto const loss = [&](std::span<double const> at) {
      double value = 0.0;
      auto const copy = [&](std::size_t, std::span<double> point) {
        std::ranges::copy(at, point.begin());
      };
      oracle.losses(LossOracle::Samples::batch, {dimension(), copy}, {&value, 1});
      return value;
    };
    for (std::size_t i = 0; i < slopes_.size(); ++i)
      slopes_[i] = seeded_difference(loss, GaussianNoise(key().index(i)), s.width, theta);
    double const rate =
        s.rate / mean_square_ratio(Directions::gaussian, slopes_.size(), dimension());
    for (std::size_t i = 0; i < slopes_.size(); ++i)
      seeded_update(GaussianNoise(key().index(i)), slopes_[i], rate * share(), s.decay, theta);
  }

  std::vector<double> slopes_;
};

RegisterMethod const registered_mezo({
    .name = "mezo",
    .summary = "differences in place, along directions that are regenerated from their seeds",
    .source = "Malladi et al. 2023, NeurIPS, arXiv:2305.17333, algorithms 1 and 2",
    .rate = 5.0,
    .make = [](MethodSettings const& s) { return std::make_unique<Mezo>(s); },
});

}  // namespace
}  // namespace engram
