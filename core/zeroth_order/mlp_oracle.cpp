#include "core/zeroth_order/mlp_oracle.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/host_copy.hpp"
#include "core/random/noise.hpp"
#include "core/random/permutation.hpp"
#include "core/simd.hpp"

namespace engram {

namespace {

/// Rows of networks times samples that are evaluated at once, some milliseconds of work.
constexpr std::size_t max_rows = 8192;

/// device(0, …) = values.
template <class View>
void assign(View const& device, std::span<double const> values) {
  auto const mirror = Kokkos::create_mirror_view(device);
  std::ranges::copy(values, mirror.data());
  copy_to_device(device, mirror);
}

template <class View>
std::span<double const> values_of(View const& host) {
  return {host.data(), host.size()};
}

Genomes<double> on_device(char const* label, std::size_t rows, std::span<double const> values) {
  Genomes<double> view(std::string(label), rows, values.size() / rows);
  assign(view, values);
  return view;
}

}  // namespace

/// Samples on the device.
struct MlpOracle::Batch {
  Rows<double> input;                                               // [1, sample, input]
  Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace> labels;  // [1, sample]

  Batch(LabelledSamples const& samples, std::span<std::uint32_t const> chosen)
      : input("engram::core::oracle_inputs", 1, chosen.size(), samples.num_inputs),
        labels("engram::core::oracle_labels", 1, chosen.size()) {
    auto const x = Kokkos::create_mirror_view(input);
    auto const y = Kokkos::create_mirror_view(labels);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      y(0, i) = samples.labels[chosen[i]];
      std::copy_n(&samples.inputs[chosen[i] * samples.num_inputs], samples.num_inputs, &x(0, i, 0));
    }
    copy_to_device(input, x);
    copy_to_device(labels, y);
  }

  std::size_t size() const { return labels.extent(1); }
};

/// Networks that go through a batch together.
struct MlpOracle::Population {
  Mlp<double> net;
  Genomes<double> theta;
  Losses<double> losses;
  Rows<double> output_gradient;

  Population(MlpSpec const& spec, std::size_t num_networks, std::size_t num_samples)
      : net(spec, num_networks, num_samples),
        theta("engram::core::oracle_theta", num_networks, net.num_parameters()),
        losses("engram::core::oracle_losses", num_networks),
        output_gradient("engram::core::oracle_deltas", num_networks, num_samples,
                        static_cast<std::size_t>(spec.widths.back())) {}

  /// Losses, and their gradients with respect to the outputs, which it returns.
  ConstRows<double> evaluate(ExecutionSpace const& space, Batch const& batch) {
    auto outputs = net.forward(space, theta, batch.input);
    softmax_cross_entropy<double>(space, outputs, batch.labels, {}, losses, output_gradient);
    return outputs;
  }
};

MlpOracle::MlpOracle(ExecutionSpace const& space, Communicator const& group, MlpSpec const& spec,
                     LabelledSamples const& samples, std::size_t batch_size, Key key,
                     Deadline const& deadline)
    : space_(space),
      group_(group),
      spec_(spec),
      samples_(samples),
      key_(key),
      deadline_(deadline),
      batch_size_(batch_size) {
  if (batch_size == 0 || batch_size > samples.size() ||
      samples.num_inputs != static_cast<std::size_t>(spec.widths.front()) ||
      samples.inputs.size() != samples.size() * samples.num_inputs) {
    throw std::invalid_argument("oracle: samples do not fit the batch or the perceptron");
  }
  num_nodes_ = num_units(spec);
  dimension_ = num_parameters(spec);
  std::vector<std::uint32_t> chosen(samples.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = static_cast<std::uint32_t>(i);
  all_ = std::make_unique<Batch>(samples, chosen);
  next_batch();
}

MlpOracle::~MlpOracle() = default;

void MlpOracle::next_batch() {
  if (order_.empty() || next_ + batch_size_ > samples_.size()) {
    order_ = random_permutation(key_.index(epoch_++), samples_.size());
    next_ = 0;
  }
  batch_ = std::make_unique<Batch>(samples_, std::span(order_).subspan(next_, batch_size_));
  next_ += batch_size_;
}

void MlpOracle::exchange(StateArchive& archive) {
  archive(epoch_);
  archive(next_);
  archive(evaluations_);
  if (archive.reads()) order_ = random_permutation(key_.index(epoch_ - 1), samples_.size());
}

MlpOracle::Population& MlpOracle::population(std::size_t num_networks, std::size_t num_samples) {
  auto& known = populations_[{num_networks, num_samples}];
  if (!known) known = std::make_unique<Population>(spec_, num_networks, num_samples);
  return *known;
}

std::vector<double> MlpOracle::share(std::size_t num, std::size_t num_values, std::size_t num_rows,
                                     FillPart const& fill) {
  auto const rank = static_cast<std::size_t>(group_.rank());
  auto const size = static_cast<std::size_t>(group_.size());
  std::size_t const largest = (num + size - 1) / size;
  std::size_t const begin = std::min(rank * largest, num), end = std::min(begin + largest, num);
  std::size_t const part = std::max<std::size_t>(1, max_rows / std::max<std::size_t>(1, num_rows));
  // Clocks differ: a rank that is late says so along with its values, and all end together.
  std::size_t const stride = largest * num_values + 1;
  std::vector<double> mine(stride), all(stride * size);
  for (std::size_t i = begin; i < end && !deadline_.passed(); i += part) {
    std::size_t const count = std::min(part, end - i);
    fill(i, count, std::span(mine).subspan((i - begin) * num_values, count * num_values));
  }
  mine.back() = deadline_.passed() ? 1.0 : 0.0;
  group_.all_gather(std::span<double const>(mine), std::span(all));
  std::vector<double> values;
  for (std::size_t r = 0; r < size; ++r) {
    auto const of_rank = std::span(all).subspan(r * stride, stride);
    if (of_rank.back() != 0.0) deadline_.exceeded();
    values.insert(values.end(), of_rank.begin(), of_rank.end() - 1);
  }
  values.resize(num * num_values);
  return values;
}

void MlpOracle::losses(Samples samples, Points const& points, std::span<double> losses) {
  Batch const& batch = samples == Samples::batch ? *batch_ : *all_;
  auto const values = share(losses.size(), 1, batch.size(),
                            [&](std::size_t first, std::size_t count, std::span<double> out) {
                              Population& p = population(count, batch.size());
                              auto const theta = Kokkos::create_mirror_view(p.theta);
                              for (std::size_t i = 0; i < count; ++i)
                                points.make(first + i, {&theta(i, 0), dimension_});
                              copy_to_device(p.theta, theta);
                              p.evaluate(space_, batch);
                              std::ranges::copy(values_of(host_copy(p.losses)), out.begin());
                            });
  std::ranges::copy(values, losses.begin());
  evaluations_ += static_cast<double>(losses.size()) * static_cast<double>(batch.size()) /
                  static_cast<double>(batch_size_);
}

LowRankNoise MlpOracle::low_rank_noise(std::size_t rank) const {
  return engram::low_rank_noise(spec_, rank);
}

void MlpOracle::pair_losses(std::span<double const> theta, double sigma, std::size_t rank,
                            std::span<Key const> keys, std::span<double> losses) {
  auto const values =
      share(keys.size(), 2, 2 * batch_size_,
            [&](std::size_t first, std::size_t count, std::span<double> out) {
              auto& known = pairs_[{rank, count}];
              if (!known) known = std::make_unique<LowRankLosses>(spec_, rank, count, batch_size_);
              known->evaluate(space_, theta, sigma, keys.subspan(first, count), batch_->input,
                              batch_->labels, out);
            });
  std::ranges::copy(values, losses.begin());
  evaluations_ += static_cast<double>(losses.size());
}

void MlpOracle::slopes(std::span<double const> theta, std::span<double const> directions,
                       std::span<double> slopes) {
  Population& here = population(1, batch_size_);
  assign(here.theta, theta);
  here.evaluate(space_, *batch_);
  auto const gradient = host_copy(here.output_gradient);
  auto const values =
      share(slopes.size(), 1, batch_size_,
            [&](std::size_t first, std::size_t count, std::span<double> out) {
              PerturbedMlp net(spec_, count, batch_size_);
              auto const v = on_device("engram::core::oracle_directions", count,
                                       directions.subspan(first * dimension_, count * dimension_));
              auto const tangents = host_copy(net.tangents(space_, here.theta, v, batch_->input));
              for (std::size_t i = 0; i < count; ++i) {
                double sum = 0.0;
                double const* const tangent = &tangents(i, 0, 0);
                for (std::size_t k = 0; k < gradient.size(); ++k)
                  sum = fused(gradient.data()[k], tangent[k], sum);
                out[i] = sum;
              }
            });
  std::ranges::copy(values, slopes.begin());
  evaluations_ += static_cast<double>(slopes.size());
}

void MlpOracle::true_gradient(std::span<double const> theta, std::span<double> gradient) {
  Population& here = population(1, batch_size_);
  assign(here.theta, theta);
  here.evaluate(space_, *batch_);
  Genomes<double> const device("engram::core::oracle_gradient", 1, dimension_);
  here.net.backward(space_, here.theta, batch_->input, here.output_gradient, device);
  std::ranges::copy(values_of(host_copy(device)), gradient.begin());
}

void MlpOracle::gradient(std::span<double const> theta, std::span<double> gradient) {
  // Every rank computes it: nothing but the deadline is shared.
  share(0, 1, 1, [](std::size_t, std::size_t, std::span<double>) {});
  true_gradient(theta, gradient);
  evaluations_ += 1.0;
}

void MlpOracle::sample_losses(ConstRows<double> const& outputs, std::span<double> losses) const {
  // Each sample as a network's only one.
  std::size_t const num = outputs.extent(0) * outputs.extent(1), classes = outputs.extent(2);
  ConstRows<double> const rows(outputs.data(), num, 1, classes);
  Kokkos::View<int**, Kokkos::LayoutRight, ExecutionSpace> const labels(
      "engram::core::oracle_labels", num, 1);
  auto const once = host_copy(batch_->labels);
  auto const repeated = Kokkos::create_mirror_view(labels);
  for (std::size_t i = 0; i < num; ++i) repeated(i, 0) = once(0, i % outputs.extent(1));
  copy_to_device(labels, repeated);
  Losses<double> const values("engram::core::oracle_losses", num);
  Rows<double> const unused("engram::core::oracle_deltas", num, 1, classes);
  softmax_cross_entropy<double>(space_, rows, labels, {}, values, unused);
  std::ranges::copy(values_of(host_copy(values)), losses.begin());
}

void MlpOracle::perturb_nodes(std::span<double const> theta, double sigma, Key key, std::size_t num,
                              std::span<double> gradient) {
  std::size_t const num_noise = batch_size_ * num_nodes_;
  Population& here = population(1, batch_size_);
  assign(here.theta, theta);
  std::vector<double> clean(batch_size_), noise(num_noise);
  sample_losses(here.net.forward(space_, here.theta, batch_->input), clean);
  auto const perturbed =
      share(num, batch_size_, batch_size_,
            [&](std::size_t first, std::size_t count, std::span<double> out) {
              std::vector<double> xi(count * num_noise);
              for (std::size_t i = 0; i < count; ++i)
                fill(GaussianNoise(key.index(first + i)), 0,
                     std::span(xi).subspan(i * num_noise, num_noise));
              for (double& x : xi) x *= sigma;
              PerturbedMlp net(spec_, count, batch_size_);
              auto const device = on_device("engram::core::oracle_noise", count, xi);
              sample_losses(net.outputs(space_, here.theta, device, batch_->input), out);
            });
  // Williams' estimate of each sample's deltas, averaged over the passes before they meet inputs.
  double const scale = 1.0 / (sigma * static_cast<double>(num * batch_size_));
  std::vector<double> deltas(num_noise, 0.0);
  for (std::size_t i = 0; i < num; ++i) {
    fill(GaussianNoise(key.index(i)), 0, std::span(noise));
    std::size_t at = 0;
    for (std::size_t l = 1; l < spec_.widths.size(); ++l) {
      for (std::size_t s = 0; s < batch_size_; ++s) {
        double const change = scale * (perturbed[i * batch_size_ + s] - clean[s]);
        for (int unit = 0; unit < spec_.widths[l]; ++unit, ++at)
          deltas[at] = fused(change, noise[at], deltas[at]);
      }
    }
  }
  PerturbedMlp net(spec_, 1, batch_size_);
  Genomes<double> const device("engram::core::oracle_gradient", 1, dimension_);
  net.sum_deltas(space_, here.theta, on_device("engram::core::oracle_deltas", 1, deltas),
                 batch_->input, device);
  std::ranges::copy(values_of(host_copy(device)), gradient.begin());
  evaluations_ += static_cast<double>(num + 1);
}

Classification MlpOracle::classify(std::span<double const> theta) {
  Population& here = population(1, all_->size());
  assign(here.theta, theta);
  auto const outputs = host_copy(here.evaluate(space_, *all_));
  std::size_t num_right = 0;
  for (std::size_t s = 0; s < samples_.size(); ++s) {
    double const* const y = &outputs(0, s, 0);
    double const* const largest = std::max_element(y, y + outputs.extent(2));
    num_right += largest - y == samples_.labels[s] ? 1 : 0;
  }
  return {static_cast<double>(num_right) / static_cast<double>(samples_.size()),
          host_copy(here.losses)(0)};
}

}  // namespace engram
