#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/communicator.hpp"
#include "core/meta_learning/adaptation.hpp"
#include "core/meta_learning/regression_tasks.hpp"
#include "core/nets/mlp.hpp"
#include "core/random/random.hpp"
#include "core/registry.hpp"
#include "core/state_archive.hpp"

namespace engram {

/// How meta-learners learn. Not all use everything.
struct MetaSettings {
  std::size_t num_tasks = 1;        ///< of an iteration, or of a perturbation
  std::size_t num_samples = 10;     ///< of a task that networks adapt to, and are tested on
  std::size_t batch = 10;           ///< of them a step of adaptation takes: of Reptile
  std::size_t num_inner_steps = 1;  ///< of adaptation
  AdaptationSettings adaptation;
  double outer_rate = 1e-3;
  std::uint64_t num_iterations = 1;  ///< of the whole run, for rates that fall
  std::size_t num_pairs = 1;         ///< of antithetic perturbations an iteration: of ES-MAML
  double spread = 0.1;               ///< their standard deviation
};

/// Weights before meta-learning; biases as well, if not 0.
enum class MetaStart {
  normal,   ///< normal with deviation 0.01, truncated at two of them, biases 0 (Finn et al.)
  uniform,  ///< uniform in +-1 / sqrt(inputs), biases, too: PyTorch's default (Nichol et al.)
};

/// What the paper of a method has for sine regression.
struct SineProtocol {
  MetaSettings settings;
  std::vector<int> hidden_widths;
  Nonlinearity nonlinearity = Nonlinearity::relu;
  MetaStart start = MetaStart::normal;
  double max_phase = 0.0;
};

/// Parameters to begin with, [parameter].
std::vector<double> draw_parameters(MlpSpec const& net, MetaStart start, Key key);

/// What a meta-learner works on and with.
struct MetaProblem {
  MlpSpec net;
  MetaSettings settings;
  std::vector<double> start;  ///< parameters, [parameter]
  RegressionTasks const* tasks = nullptr;
  Communicator group;  ///< iterations are collective over it
  Key key;
};

/// A search for parameters from which a network adapts to a task in few steps.
///
/// Tasks and perturbations of an iteration are split over the ranks of the group. Random numbers
/// are keyed by (iteration, task or perturbation) and sums go in their order, so that all ranks
/// have the same bits, whatever their number.
class MetaLearner {
 public:
  virtual ~MetaLearner() = default;
  MetaLearner(MetaLearner const&) = delete;
  MetaLearner& operator=(MetaLearner const&) = delete;

  /// One iteration. Throws std::runtime_error, on all ranks, if none of its members has a finite
  /// loss.
  void step(ExecutionSpace const& space);

  std::span<double const> theta() const { return theta_; }  ///< [parameter]
  std::uint64_t iteration() const { return iteration_; }    ///< of the next step, from 0

  /// All that changes, as part of a larger state.
  void exchange(StateArchive& archive);

  /// Members of populations so far, and those of them without a finite loss. Without: 0.
  std::uint64_t num_members() const { return num_members_; }
  std::uint64_t num_failed() const { return num_failed_; }

 protected:
  /// Throws std::invalid_argument if there are no tasks, samples or pairs, or the start has another
  /// length than the net.
  explicit MetaLearner(MetaProblem problem);

  MetaProblem const& problem() const { return problem_; }
  MetaSettings const& settings() const { return problem_.settings; }

  /// The key of the present iteration.
  Key key(std::string_view purpose) const;

  /// Fitness of a population's members: minus their losses, of those without a finite one the
  /// smallest of the others'. Throws as `step`.
  std::vector<double> fitness_of(std::span<double const> losses);

 private:
  /// Changes theta.
  virtual void update(ExecutionSpace const& space, std::span<double> theta) = 0;
  /// Hands every member that one iteration leaves to the next to the archive.
  virtual void exchange_rest(StateArchive&) {}

  MetaProblem problem_;
  std::vector<double> theta_;
  std::uint64_t iteration_ = 0, num_members_ = 0, num_failed_ = 0;
};

/// A kind of meta-learner: name, documentation, constructor.
struct MetaLearnerFactory {
  static constexpr std::string_view kind = "meta-learner", plural = "meta-learners";
  std::string name;
  std::string summary;
  std::string source;
  SineProtocol sine;
  std::function<std::unique_ptr<MetaLearner>(MetaProblem const&)> make;
};

using MetaLearnerRegistry = Registry<MetaLearnerFactory>;
using RegisterMetaLearner =
    Register<MetaLearnerFactory>;  ///< in core/meta_learning/learners/<name>.cpp

}  // namespace engram
