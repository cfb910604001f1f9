#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

// Gradients of a loss from its values alone. `directions` are rows of the length of theta, as from
// draw_directions; each estimate is a mean over them, added up in their order, and overwrites
// `gradient`. With E v v^T = 1, d parameters and a linear loss of gradient g, the mean squared
// error of one direction is (d + 1) |g|^2 for Gaussian ones and (d - 1) |g|^2 for signs and on the
// sphere; q directions divide it by q, and q orthogonal ones make it (d/q - 1) |g|^2.
//
// All throw std::invalid_argument if sizes do not fit, there is no direction, or a step is not
// positive.

namespace engram {

/// Parameter vectors at which a loss is wanted. Whoever evaluates them makes them: none is stored.
struct Points {
  std::size_t dimension;
  std::function<void(std::size_t i_point, std::span<double> point)> make;
};

/// losses[i] = f(point i) for all i at once, in any order, by any rank.
using BatchLoss = std::function<void(Points const& points, std::span<double> losses)>;

/// The loss of one point after the other.
BatchLoss one_by_one(std::function<double(std::span<double const> theta)> loss);

/// slopes[i] = g^T v_i for rows v_i of `directions`: forward-mode derivatives.
using BatchSlopes =
    std::function<void(std::span<double const> directions, std::span<double> slopes)>;

/// Forward differences, [f(theta + mu v) - f(theta)] v / mu (Nesterov and Spokoiny 2017, doi
/// 10.1007/s10208-015-9296-2): one evaluation a direction and one more. Returns f(theta).
double estimate_forward(BatchLoss const& loss, std::span<double const> theta,
                        std::span<double const> directions, double mu, std::span<double> gradient);

/// Central differences, [f(theta + mu v) - f(theta - mu v)] v / (2 mu) (ibid.): two
/// evaluations a direction, and no error of second order in mu. Returns the mean of the losses.
/// With signs for directions this is SPSA (Spall 1992, doi 10.1109/9.119632).
double estimate_central(BatchLoss const& loss, std::span<double const> theta,
                        std::span<double const> directions, double mu, std::span<double> gradient);

/// [f(theta + sigma v) - baseline] v / sigma: one evaluation a direction. For Gaussian directions
/// and a linear loss the mean square is d (f(theta) - baseline)^2 / sigma^2 + (d + 2) |g|^2, so
/// that a baseline near the loss is worth much; it must not depend on the directions. Returns the
/// mean of the losses, a baseline for the next time.
double estimate_one_point(BatchLoss const& loss, std::span<double const> theta,
                          std::span<double const> directions, double sigma, double baseline,
                          std::span<double> gradient);

/// The same with, for each of two or more directions, the mean loss of the others for a baseline
/// (Kool, van Hoof and Welling 2019): of a linear loss and Gaussian directions the mean squared
/// error is (d + 1) / (q - 1) |g|^2, wherever the loss lies. Returns the mean of the losses.
double estimate_leave_one_out(BatchLoss const& loss, std::span<double const> theta,
                              std::span<double const> directions, double sigma,
                              std::span<double> gradient);

/// Forward gradients, (g^T v) v (Baydin et al. 2022, arXiv:2202.08587): without a step, and
/// unbiased.
void estimate_forward_mode(BatchSlopes const& derivatives, std::span<double const> directions,
                           std::span<double> gradient);

/// [f(theta + mu e_j) - f(theta)] / mu for each coordinate: d + 1 evaluations. Returns f(theta).
double estimate_coordinates_forward(BatchLoss const& loss, std::span<double const> theta, double mu,
                                    std::span<double> gradient);

/// The same for some coordinates only, others are 0; times d over their number, so that it is
/// unbiased where they are drawn at random (Lian et al. 2016, arXiv:1606.00498). Returns f(theta).
/// @throws std::invalid_argument  if there is none, or no such one
double estimate_some_coordinates(BatchLoss const& loss, std::span<double const> theta,
                                 std::span<std::uint32_t const> coordinates, double mu,
                                 std::span<double> gradient);

/// [f(theta + mu e_j) - f(theta - mu e_j)] / (2 mu) for each coordinate: 2 d evaluations.
void estimate_coordinates_central(BatchLoss const& loss, std::span<double const> theta, double mu,
                                  std::span<double> gradient);

/// Gradient of a layer's N x M weights, row-major, from noise xi of N(0, sigma^2) on its outputs
/// and the change of the loss that the noise makes: change / sigma^2 xi x^T (Williams 1992, doi
/// 10.1007/BF00992696). Its noise grows with the number of outputs rather than that of weights.
void estimate_node_perturbation(double change, double sigma, std::span<double const> xi,
                                std::span<double const> x, std::span<double> gradient);

/// Spall's gains (1998, doi 10.1109/7.705889, section III): steps a / (A + k + 1)^alpha and widths
/// of the difference c / (k + 1)^gamma for k = 0, 1, …
struct SpsaGains {
  double a, c;
  double stability;  ///< A, about a tenth of the number of steps
  double alpha = 0.602;
  double gamma = 0.101;

  double step(double k) const;
  double width(double k) const;
};

}  // namespace engram
