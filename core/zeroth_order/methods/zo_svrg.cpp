#include <algorithm>
#include <memory>

#include "core/zeroth_order/method.hpp"

namespace engram {
namespace {

/// Descent along
///
///   h_batch(theta) - h_batch(snapshot) + h_all(snapshot)
///
/// where the first two have the same directions, so that the batch's noise cancels near the
/// snapshot, which is taken anew every epoch. The third stays for an epoch, and its noise with it:
/// it has an epoch's number of directions, drawn for itself.
class ZoSvrg final : public ZerothOrderMethod {
 public:
  explicit ZoSvrg(MethodSettings const& s)
      : ZerothOrderMethod(s), at_snapshot_(s.dimension), all_(s.dimension) {
    num_snapshot_ = s.num_directions * s.epoch;
    if (s.directions == Directions::orthogonal)
      num_snapshot_ = std::min(num_snapshot_, s.dimension);
    // Steps along noise that stays add up.
    rate_ = s.rate / (static_cast<double>(s.epoch) *
                      mean_square_ratio(s.directions, num_snapshot_, s.dimension));
  }

 private:
  void make_step(LossOracle& oracle, std::span<double> theta) override {
    auto const& s = settings();
    if (num_steps() % s.epoch == 0) {
      snapshot_.assign(theta.begin(), theta.end());
      auto const own =
          draw_directions(s.directions, key().stream("snapshot"), num_snapshot_, s.dimension);
      difference(oracle.loss(LossOracle::Samples::all), snapshot_, own, all_);
    }
    auto const v = draw(s.directions, s.num_directions);
    auto const h = gradient();
    difference(oracle.loss(), theta, v, h);
    difference(oracle.loss(), snapshot_, v, at_snapshot_);
    for (std::size_t j = 0; j < h.size(); ++j) h[j] = h[j] - at_snapshot_[j] + all_[j];
    descend(rate_, theta);
  }

  void exchange_rest(StateArchive& archive) override {
    archive(snapshot_);
    archive(std::span(all_));
  }

  std::size_t num_snapshot_;
  double rate_;
  std::vector<double> snapshot_, at_snapshot_, all_;
};

RegisterMethod const registered_zo_svrg({
    .name = "zo_svrg",
    .summary = "descent with the variance that batches bring reduced by a snapshot's estimate",
    .source = "Liu et al. 2018, NeurIPS, arXiv:1805.10367, algorithm 2",
    .rate = 5.0,
    .make = [](MethodSettings const& s) { return std::make_unique<ZoSvrg>(s); },
});

}  // namespace
}  // namespace engram
