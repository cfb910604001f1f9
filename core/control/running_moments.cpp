#include "core/control/running_moments.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace engram {

RunningMoments::RunningMoments(int num)
    : mean_(static_cast<std::size_t>(num)), sum_squares_(static_cast<std::size_t>(num)) {}

RunningMoments::RunningMoments(double count, std::vector<double> mean,
                               std::vector<double> sum_squares)
    : count_(count), mean_(std::move(mean)), sum_squares_(std::move(sum_squares)) {
  if (mean_.size() != sum_squares_.size())
    throw std::invalid_argument("running moments need as many means as sums of squares");
}

double RunningMoments::variance(int i) const {
  return count_ < 2.0 ? 0.0 : sum_squares(i) / (count_ - 1.0);
}

void RunningMoments::add(double const* x) {
  count_ += 1.0;
  for (std::size_t i = 0; i < mean_.size(); ++i)
    add_to_moments(count_, x[i], mean_[i], sum_squares_[i]);
}

void RunningMoments::merge(RunningMoments const& other) {
  require_num(other.num());
  if (other.count_ == 0.0) return;
  double const count = count_ + other.count_, share = other.count_ / count;
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    double const difference = other.mean_[i] - mean_[i];
    mean_[i] = fused(difference, share, mean_[i]);
    sum_squares_[i] =
        fused(difference * difference, count_ * share, sum_squares_[i] + other.sum_squares_[i]);
  }
  count_ = count;
}

double RunningMoments::scale(int i) const {
  if (count_ < 2.0) return 1.0;
  double const deviation = std::sqrt(variance(i));
  return deviation < 1e-7 ? 0.0 : 1.0 / deviation;
}

void RunningMoments::require_num(int num) const {
  if (num != this->num())
    throw std::invalid_argument("running moments of " + std::to_string(this->num()) +
                                " numbers, but " + std::to_string(num) + " are meant");
}

}  // namespace engram
