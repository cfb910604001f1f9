#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engram {

/// The keys and values of one section of a canonical study text, in its order.
std::vector<std::pair<std::string, std::string>> section_of(std::string_view config,
                                                            std::string_view section);

/// A published figure from the [reference] section: "label = metric value (source)".
struct PublishedFigure {
  std::string label, metric, source;
  double value = 0.0;
};

/// Lines that don't have this form are left out: a study file with such a line was refused.
std::vector<PublishedFigure> published_figures(std::string_view config);

}  // namespace engram
