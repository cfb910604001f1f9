#include "core/registry.hpp"

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"

namespace engram::detail {

void throw_unknown_name(std::string_view kind, std::string_view plural, std::string_view name,
                        std::vector<std::string> const& names) {
  throw UserError("there is no " + std::string(kind) + " " + in_quotes(name) +
                  did_you_mean(name, names) + " (" + std::string(plural) + ": " +
                  joined(names, ", ") + ")");
}

}  // namespace engram::detail
