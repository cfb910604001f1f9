#pragma once

#include <map>
#include <memory>
#include <vector>

#include "core/communicator.hpp"
#include "core/deadline.hpp"
#include "core/nets/loss.hpp"
#include "core/nets/mlp.hpp"
#include "core/nets/perturbed_mlp.hpp"
#include "core/state_archive.hpp"
#include "core/zeroth_order/loss_oracle.hpp"
#include "core/zeroth_order/low_rank_losses.hpp"

namespace engram {

/// Samples with the classes they belong to.
struct LabelledSamples {
  std::size_t num_inputs = 0;
  std::vector<double> inputs;  ///< [sample, input]
  std::vector<int> labels;     ///< [sample], from 0 on

  std::size_t size() const { return labels.size(); }
};

/// How a perceptron does on samples.
struct Classification {
  double accuracy;  ///< share whose class has the largest output
  double loss;      ///< mean cross-entropy
};

/// Cross-entropy of a perceptron's classes. The ranks of a group divide the points among them, each
/// evaluates its own as one population, and they exchange losses alone. Numbers do not depend on
/// the number of ranks.
class MlpOracle final : public LossOracle {
 public:
  /// Throws std::invalid_argument for a batch of no sample or more than there are, and samples that
  /// do not fit the perceptron.
  MlpOracle(ExecutionSpace const& space, Communicator const& group, MlpSpec const& spec,
            LabelledSamples const& samples, std::size_t batch_size, Key key,
            Deadline const& deadline);
  ~MlpOracle() override;

  /// Draws the next batch: an epoch is a permutation of the samples in batches, less what does not
  /// fill one.
  void next_batch();

  /// Forward passes of a batch so far, a pass over all samples being several; a derivative along a
  /// direction and a gradient count as one each.
  double evaluations() const { return evaluations_; }

  /// All that changes. What was read goes on with `next_batch`.
  void exchange(StateArchive& archive);

  /// The gradient of the batch's loss, not counted: for measurements.
  void true_gradient(std::span<double const> theta, std::span<double> gradient);

  /// On all samples, not counted.
  Classification classify(std::span<double const> theta);

  std::size_t dimension() const override { return dimension_; }
  std::size_t num_nodes() const override { return num_nodes_; }
  void losses(Samples samples, Points const& points, std::span<double> losses) override;
  LowRankNoise low_rank_noise(std::size_t rank) const override;
  void pair_losses(std::span<double const> theta, double sigma, std::size_t rank,
                   std::span<Key const> keys, std::span<double> losses) override;
  void slopes(std::span<double const> theta, std::span<double const> directions,
              std::span<double> slopes) override;
  void gradient(std::span<double const> theta, std::span<double> gradient) override;
  void perturb_nodes(std::span<double const> theta, double sigma, Key key, std::size_t num,
                     std::span<double> gradient) override;

 private:
  struct Batch;
  struct Population;

  Population& population(std::size_t num_networks, std::size_t num_samples);
  /// fill(first, count, values) for parts of this rank's share of `num`, then all shares on every
  /// rank: [num, num_values].
  using FillPart = std::function<void(std::size_t, std::size_t, std::span<double>)>;
  std::vector<double> share(std::size_t num, std::size_t num_values, std::size_t num_rows,
                            FillPart const& fill);
  /// Losses of each sample of the batch by itself, [network, sample], from [network, sample,
  /// class].
  void sample_losses(ConstRows<double> const& outputs, std::span<double> losses) const;

  ExecutionSpace space_;
  Communicator group_;
  MlpSpec spec_;
  LabelledSamples samples_;
  Key key_;
  Deadline deadline_;
  std::size_t dimension_ = 0, num_nodes_ = 0, batch_size_, epoch_ = 0, next_ = 0;
  std::vector<std::uint32_t> order_;
  std::unique_ptr<Batch> batch_, all_;
  std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<Population>> populations_;
  std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<LowRankLosses>> pairs_;
  double evaluations_ = 0.0;
};

}  // namespace engram
