#pragma once

#include <string>

#include "core/error.hpp"

namespace engram {

/// The text of the UserError that `f` throws, or "no error".
template <class F>
std::string refusal(F const& f) {
  try {
    f();
  } catch (UserError const& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace engram
