#pragma once

#include "core/exponential.hpp"
#include "core/math.hpp"

namespace engram {

/// What a unit of a net makes of its summed input. A new one is a name here, a struct below with
/// the value, and the slope and its derivative (`bend`) as functions of that value, and a line in
/// `with_nonlinearity`.
enum class Nonlinearity { identity, tanh, relu, sigmoid, elu };

namespace detail {

struct IdentityUnit {
  template <class T>
  KOKKOS_INLINE_FUNCTION static T value(T x) {
    return x;
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T slope(T) {
    return T(1);
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T bend(T) {
    return T(0);
  }
};

struct TanhUnit {
  template <class T>
  KOKKOS_INLINE_FUNCTION static T value(T x) {
    return tanh_fast(x);
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T slope(T y) {
    return fused(-y, y, T(1));
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T bend(T y) {
    return T(-2) * y * fused(-y, y, T(1));
  }
};

/// NaN gives NaN; the slope at 0 is 0.
struct ReluUnit {
  template <class T>
  KOKKOS_INLINE_FUNCTION static T value(T x) {
    return x < T(0) ? T(0) : x;
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T slope(T y) {
    return y > T(0) ? T(1) : T(0);
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T bend(T) {
    return T(0);
  }
};

/// 1 / (1 + exp(-x)), with small relative errors at both ends.
struct SigmoidUnit {
  template <class T>
  KOKKOS_INLINE_FUNCTION static T value(T x) {
    return T(1) / (T(1) + exp_fast(-x));
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T slope(T y) {
    return fused(-y, y, y);
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T bend(T y) {
    return fused(-y, y, y) * fused(T(-2), y, T(1));
  }
};

/// x above 0, exp(x) - 1 below (Clevert et al. 2016, arXiv:1511.07289, eq. 15 with alpha = 1).
struct EluUnit {
  template <class T>
  KOKKOS_INLINE_FUNCTION static T value(T x) {
    T const below = exp_fast(x) - T(1);
    return x < T(0) ? below : x;
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T slope(T y) {
    return y < T(0) ? y + T(1) : T(1);
  }
  template <class T>
  KOKKOS_INLINE_FUNCTION static T bend(T y) {
    return y < T(0) ? y + T(1) : T(0);
  }
};

/// f(unit) with the struct of the nonlinearity: the choice is made outside of loops.
template <class F>
KOKKOS_INLINE_FUNCTION void with_nonlinearity(Nonlinearity which, F const& f) {
  switch (which) {
    case Nonlinearity::identity:
      return f(IdentityUnit());
    case Nonlinearity::tanh:
      return f(TanhUnit());
    case Nonlinearity::relu:
      return f(ReluUnit());
    case Nonlinearity::sigmoid:
      return f(SigmoidUnit());
    case Nonlinearity::elu:
      return f(EluUnit());
  }
}

}  // namespace detail

}  // namespace engram
