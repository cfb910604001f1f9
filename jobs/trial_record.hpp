#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/communicator.hpp"
#include "experiments/experiment.hpp"

namespace engram {

/// Where and when a trial ran: what may differ between two runs of a study.
struct TrialTiming {
  std::int32_t rank = 0;
  std::uint32_t attempt = 0;
  double start_s = 0.0;  ///< seconds since the epoch
  double seconds = 0.0;  ///< of this trial; of a batch, its share
};

/// One line of the results: a trial, its outcome, its timing.
struct TrialRecord {
  std::uint64_t id = 0;
  std::uint64_t point = 0;
  std::uint32_t replicate = 0;
  std::uint64_t seed = 0;
  double budget = 1.0;
  std::int64_t parent = -1;              ///< the trial whose state it went on from; -1: none
  std::vector<ParameterValue> searched;  ///< in the order of the search space
  Outcome outcome;
  TrialTiming timing;
};

/// Whether arrays may come without values, which are in a side file then.
enum class ArrayValues { here, here_or_in_side_file };

/// Why the series and arrays of an outcome can't be stored: names that are no links of an HDF5
/// file, shapes that the values don't fill. Empty if they can.
std::string payload_problem(Outcome const& outcome, ArrayValues values);

class ByteReader;
class ByteWriter;
void encode(ParameterValue const& value, ByteWriter& out);
ParameterValue decode_parameter(ByteReader& in);

/// Little-endian, self-delimiting. `decode` throws std::runtime_error on malformed bytes.
void encode(TrialRecord const& record, Bytes& bytes);
TrialRecord decode_trial_record(std::span<std::byte const>& bytes);

}  // namespace engram
