#include "experiments/inputs.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/error.hpp"
#include "core/nearest_name.hpp"

namespace engram {

std::span<double const> Table::column(std::string_view name) const {
  auto const found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw UserError(origin + " has no column '" + std::string(name) + "'" +
                    did_you_mean(name, names));
  }
  return columns[static_cast<std::size_t>(found - names.begin())];
}

void Inputs::set(std::string parameter, Table table) {
  items_.insert_or_assign(std::move(parameter), std::make_shared<Table const>(std::move(table)));
}

Table const& Inputs::at(std::string_view parameter) const {
  auto const found = items_.find(parameter);
  if (found == items_.end()) {
    throw std::out_of_range("no input file was read for parameter " + std::string(parameter));
  }
  return *found->second;
}

}  // namespace engram
