#pragma once

#include <functional>
#include <string>

#include "core/communicator.hpp"

namespace engram {

std::string host_name();

/// "engram: " and the text on stderr, in one piece.
void print_error(std::string const& text);

/// Calls `body` and returns its exit code. If it throws on every rank of `communicator`, rank 0
/// prints each reason once, and the code is 2 if all were UserError, else 1. If it throws on some
/// ranks only, ends all ranks. `communicator` serves nothing else: ranks that did not throw may be
/// in the midst of a call on another.
int run_guarded(Communicator const& communicator, std::function<int()> const& body);

}  // namespace engram
