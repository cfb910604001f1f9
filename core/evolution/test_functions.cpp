#include "core/evolution/test_functions.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"
#include "core/zeroth_order/directions.hpp"

namespace engram {

namespace {

using Point = std::span<double const>;

double sphere(Point x) {
  double sum = 0.0;
  for (double const value : x) sum += value * value;
  return sum;
}

double ellipsoid(Point x) {
  double sum = 0.0;
  double const last = x.size() > 1 ? static_cast<double>(x.size() - 1) : 1.0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += std::pow(10.0, 6.0 * static_cast<double>(i) / last) * x[i] * x[i];
  return sum;
}

double cigar(Point x) {
  return x[0] * x[0] + 1e6 * sphere(x.subspan(1));
}

double rosenbrock(Point x) {
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    double const bend = x[i + 1] - x[i] * x[i], off = 1.0 - x[i];
    sum += 100.0 * bend * bend + off * off;
  }
  return sum;
}

double rastrigin(Point x) {
  constexpr double two_pi = 6.283185307179586476925;
  double sum = 0.0;
  for (double const value : x) sum += 10.0 + value * value - 10.0 * std::cos(two_pi * value);
  return sum;
}

struct Kind {
  std::string_view name;
  double (*value)(Point);
  bool is_rotated;
  TestStart start;
};

constexpr TestStart at_three = {};

constexpr Kind kinds[] = {
    {"sphere", sphere, false, at_three},
    {"ellipsoid", ellipsoid, false, at_three},
    {"rotated_ellipsoid", ellipsoid, true, at_three},
    {"cigar", cigar, false, at_three},
    {"rosenbrock", rosenbrock, false, {.centre = 0.0, .width = 0.0, .step = 0.5}},
    {"rastrigin", rastrigin, false, {.centre = 0.0, .width = 5.0, .step = 2.0}},
};

std::size_t index_of(std::string_view name) {
  auto const* const found = std::ranges::find(kinds, name, &Kind::name);
  if (found != std::end(kinds)) return static_cast<std::size_t>(found - std::begin(kinds));
  auto const names = test_function_names();
  throw UserError("there is no test function " + in_quotes(name) + did_you_mean(name, names) +
                  " (functions: " + joined(names, ", ") + ")");
}

/// Uniform among all orthogonal matrices: normal rows, each made orthogonal to those above
/// (Mezzadri 2007, Notices of the AMS 54:592). [n, n]
std::vector<double> random_rotation(std::size_t n, Key key) {
  auto rows = draw_directions(Directions::orthogonal, key, n, n);
  for (double& x : rows) x /= std::sqrt(static_cast<double>(n));
  return rows;
}

}  // namespace

TestFunction::TestFunction(std::string_view name, std::size_t dimension, Key key)
    : i_kind_(index_of(name)), dimension_(dimension) {
  if (dimension == 0) throw std::invalid_argument("a test function has a dimension or more");
  if (!kinds[i_kind_].is_rotated) return;
  rotation_ = random_rotation(dimension, key);
  rotated_.resize(dimension);
}

double TestFunction::operator()(std::span<double const> x) const {
  if (x.size() != dimension_)
    throw std::invalid_argument("a test function has one number a dimension");
  auto const& kind = kinds[i_kind_];
  if (!kind.is_rotated) return kind.value(x);
  for (std::size_t i = 0; i < dimension_; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < dimension_; ++j) sum += rotation_[i * dimension_ + j] * x[j];
    rotated_[i] = sum;
  }
  return kind.value(rotated_);
}

TestStart TestFunction::start() const {
  return kinds[i_kind_].start;
}

std::vector<std::string> test_function_names() {
  std::vector<std::string> names;
  for (auto const& kind : kinds) names.emplace_back(kind.name);
  return names;
}

}  // namespace engram
