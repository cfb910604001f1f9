#pragma once

#include <cstddef>
#include <iosfwd>

#include "jobs/results_file.hpp"

namespace engram {

/// The part of a report about trials that did not complete and about warnings, both by kind, the
/// most frequent first and at most `num_kinds`; nothing if there are none.
void write_failures(Results const& results, std::ostream& out, std::size_t num_kinds);

}  // namespace engram
