#include "core/zeroth_order/seeded.hpp"

#include <stdexcept>

namespace engram {

namespace {

template <class Noise, class Real>
void move(Noise const& z, Real scale, std::span<Real> theta) {
  perturb(z, 0, scale, std::span<Real const>(theta), theta);
}

}  // namespace

template <class Noise, class Real>
double seeded_difference(std::type_identity_t<InPlaceLoss<Real>> const& loss, Noise const& z,
                         Real epsilon, std::span<Real> theta) {
  if (!(epsilon > Real(0))) {
    throw std::invalid_argument("seeded_difference: expected a positive epsilon");
  }
  move(z, epsilon, theta);
  double const plus = loss(theta);
  move(z, Real(-2) * epsilon, theta);
  double const minus = loss(theta);
  move(z, epsilon, theta);
  return (plus - minus) / (2.0 * static_cast<double>(epsilon));
}

template <class Noise, class Real>
void seeded_update(Noise const& z, double slope, double rate, double decay, std::span<Real> theta) {
  if (decay != 0.0) {
    Real const kept = static_cast<Real>(1.0 - rate * decay);
    for (Real& x : theta) x *= kept;
  }
  move(z, static_cast<Real>(-rate * slope), theta);
}

#define ENGRAM_INSTANTIATE(Noise, Real)                                                           \
  template double seeded_difference(std::type_identity_t<InPlaceLoss<Real>> const&, Noise const&, \
                                    Real, std::span<Real>);                                       \
  template void seeded_update(Noise const&, double, double, double, std::span<Real>);
ENGRAM_INSTANTIATE(GaussianNoise, float)
ENGRAM_INSTANTIATE(GaussianNoise, double)
ENGRAM_INSTANTIATE(RademacherNoise, float)
ENGRAM_INSTANTIATE(RademacherNoise, double)
#undef ENGRAM_INSTANTIATE

}  // namespace engram
