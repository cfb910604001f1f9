#include "experiments/labelled_data.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "core/error.hpp"
#include "core/random/permutation.hpp"
#include "core/text.hpp"

namespace engram {

namespace {

constexpr int max_classes = 1000;

/// Three classes of normal clouds around normal centres.
LabelledSamples make_clusters(Key key) {
  constexpr std::size_t num_samples = 240, num_inputs = 8;
  Random const centres(key.stream("centres")), noise(key.stream("noise"));
  LabelledSamples samples;
  samples.num_inputs = num_inputs;
  for (std::size_t i = 0; i < num_samples; ++i) {
    std::size_t const label = i % 3;
    samples.labels.push_back(static_cast<int>(label));
    for (std::size_t k = 0; k < num_inputs; ++k) {
      samples.inputs.push_back(centres.normal(label * num_inputs + k) +
                               0.7 * noise.normal(i * num_inputs + k));
    }
  }
  return samples;
}

std::span<double const> label_column(Parameters const& parameters, Table const& table) {
  std::string const& name = parameters.text("label_column");
  return name.empty() ? std::span<double const>(table.columns.back()) : table.column(name);
}

LabelledSamples read_samples(Parameters const& parameters, Table const& table) {
  auto const labels = label_column(parameters, table);
  LabelledSamples samples;
  samples.num_inputs = table.columns.size() - 1;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    samples.labels.push_back(static_cast<int>(labels[i]));
    for (auto const& column : table.columns)
      if (column.data() != labels.data()) samples.inputs.push_back(column[i]);
  }
  return samples;
}

LabelledSamples chosen(LabelledSamples const& all, std::span<std::uint32_t const> which) {
  LabelledSamples samples;
  samples.num_inputs = all.num_inputs;
  for (std::size_t const i : which) {
    auto const first = all.inputs.begin() + static_cast<std::ptrdiff_t>(i * all.num_inputs);
    samples.inputs.insert(samples.inputs.end(), first,
                          first + static_cast<std::ptrdiff_t>(all.num_inputs));
    samples.labels.push_back(all.labels[i]);
  }
  return samples;
}

}  // namespace

std::vector<ParameterSpec> labelled_data_parameters() {
  return {
      text("data_file", "")
          .names_input_file()
          .means("table with a column of classes 0, 1, … and columns of inputs; empty: 240 "
                 "samples of three generated clusters")
          .from("here"),
      text("label_column", "").means("column of the classes; empty: the last one").from("here"),
      real("test_share", 0.25)
          .range(0.01, 0.99)
          .means("share of the samples, drawn at random, that are only tested on")
          .from("here"),
  };
}

void check_labelled_data(Parameters const& parameters, Inputs const& inputs) {
  if (parameters.text("data_file").empty()) return;
  Table const& table = inputs.at("data_file");
  if (table.columns.size() < 2 || table.num_rows() < 10) {
    throw UserError(table.origin + ": expected a column of classes, one of inputs or more, and " +
                    "ten rows or more");
  }
  auto const labels = label_column(parameters, table);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0.0 && labels[i] < max_classes && labels[i] == std::floor(labels[i])) continue;
    throw UserError(table.origin + ": the class of row " + std::to_string(i + 1) + " is " +
                    to_text(labels[i]) + ", expected a whole number from 0 to 999");
  }
  if (std::ranges::max(labels) < 1.0)
    throw UserError(table.origin + ": all rows are of class 0, expected two classes or more");
}

int count_classes(Parameters const& parameters, Inputs const& inputs) {
  return 1 + static_cast<int>(std::ranges::max(label_column(parameters, inputs.at("data_file"))));
}

LabelledData make_labelled_data(Parameters const& parameters, Inputs const& inputs, Key key) {
  LabelledSamples const all = parameters.text("data_file").empty()
                                  ? make_clusters(key.stream("clusters"))
                                  : read_samples(parameters, inputs.at("data_file"));
  auto const order = random_permutation(key.stream("split"), all.size());
  double const share = parameters.real("test_share") * static_cast<double>(all.size());
  auto const num_test =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::llround(share)), 1, all.size() - 1);
  LabelledData data;
  data.test = chosen(all, std::span(order).first(num_test));
  data.train = chosen(all, std::span(order).subspan(num_test));
  data.num_classes = 1 + std::ranges::max(all.labels);
  double largest = 0.0;
  for (double const x : data.train.inputs) largest = std::max(largest, std::abs(x));
  for (auto* samples : {&data.train, &data.test})
    if (largest > 0.0)
      for (double& x : samples->inputs) x /= largest;
  return data;
}

}  // namespace engram
