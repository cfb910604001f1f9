#include "core/control/policies/shape.hpp"

#include <stdexcept>
#include <string>

#include "core/host_copy.hpp"

namespace engram {

namespace {

void require(bool holds, std::string const& what) {
  if (!holds) throw std::invalid_argument("a policy's net: " + what);
}

/// Rows of a layer in a genome.
std::size_t num_rows(PolicyShape const& shape, int i_layer) {
  return static_cast<std::size_t>(shape.layer_inputs(i_layer) +
                                  (i_layer == 0 ? shape.num_states : 0));
}

/// Rows of `width` numbers after each other.
class RowReader {
 public:
  RowReader(double const* next, int width) : next_(next), width_(width) {}

  void read(float* to, std::ptrdiff_t step = 1) {
    for (int i = 0; i < width_; ++i) to[i * step] = static_cast<float>(next_[i]);
    next_ += width_;
  }

  double const* next() const { return next_; }

 private:
  double const* next_;
  int width_;
};

}  // namespace

void PolicyShape::validate() const {
  require(num_states >= 0 && num_inputs >= 0 && num_states + num_inputs > 0, "it needs inputs");
  require(num_inputs <= max_width, "at most " + std::to_string(max_width) + " real inputs");
  require(num_hidden >= 0 && num_hidden <= max_hidden,
          "at most " + std::to_string(max_hidden) + " hidden layers");
  for (int i = 0; i < num_hidden; ++i)
    require(hidden[i] >= 1 && hidden[i] <= max_width,
            "hidden layers have 1 to " + std::to_string(max_width) + " units");
  require(num_outputs >= 1 && num_outputs <= max_outputs,
          "1 to " + std::to_string(max_outputs) + " outputs");
}

std::size_t PolicyShape::num_parameters() const {
  std::size_t count = 0;
  for (int i = 0; i < num_layers(); ++i)
    count +=
        (num_rows(*this, i) + (has_biases ? 1 : 0)) * static_cast<std::size_t>(layer_outputs(i));
  return count;
}

std::size_t PolicyShape::packed_size() const {
  std::size_t size = 0;
  for (int i = 0; i < num_layers(); ++i) size += layer_size(i);
  return size;
}

PolicyWeights::PolicyWeights(PolicyShape const& shape, int num_members) : shape_(shape) {
  shape.validate();
  if (num_members < 0) throw std::invalid_argument("a population has no negative size");
  weights_ = View("engram::core::policy_weights", static_cast<std::size_t>(num_members),
                  shape.packed_size());
  weights_host_ = Kokkos::create_mirror_view(weights_);
}

void PolicyWeights::set(int i_member, std::span<double const> genome) {
  if (genome.size() != shape_.num_parameters())
    throw std::invalid_argument("a policy's genome has " + std::to_string(shape_.num_parameters()) +
                                " numbers, not " + std::to_string(genome.size()));
  if (i_member < 0 || i_member >= num_members())
    throw std::invalid_argument("there is no such member");
  float* layer =
      weights_host_.data() + static_cast<std::size_t>(i_member) * weights_host_.extent(1);
  double const* from = genome.data();
  for (int i = 0; i < shape_.num_layers(); ++i) {
    int const inputs = shape_.layer_inputs(i), outputs = shape_.layer_outputs(i);
    RowReader rows(from, outputs);
    float* row = layer;
    for (int state = 0; i == 0 && state < shape_.num_states; ++state)
      rows.read(row += PolicyShape::padded(outputs));
    float* const weights = layer + shape_.weights_offset(i);
    for (int k = 0; k < inputs; ++k) {
      if (i == shape_.num_hidden) {
        rows.read(weights + k, PolicyShape::padded(inputs));
      } else {
        rows.read(weights + k * PolicyShape::padded(outputs));
      }
    }
    if (shape_.has_biases) rows.read(layer);
    from = rows.next();
    layer += shape_.layer_size(i);
  }
}

void PolicyWeights::upload() const {
  copy_to_device(weights_, weights_host_);
}

}  // namespace engram
