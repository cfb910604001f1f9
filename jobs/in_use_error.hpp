#pragma once

#include "core/error.hpp"

namespace engram {

/// Another run has the results file: exit_in_use.
class InUseError : public UserError {
 public:
  using UserError::UserError;
};

}  // namespace engram
