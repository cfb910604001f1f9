#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/communicator.hpp"
#include "experiments/parameter.hpp"
#include "jobs/trial_record.hpp"

namespace engram {

/// A trial on its way to a rank. Every rank has the study, so only what differs between trials
/// travels.
struct WorkItem {
  std::uint64_t id = 0;
  std::uint64_t seed = 0;
  double budget = 1.0;
  std::int64_t parent = -1;  ///< the trial whose state it goes on from; -1: none
  std::uint32_t attempt = 0;
  bool has_state = false;                ///< it was suspended, and goes on from a state of its own
  bool keeps_end = false;                ///< others may go on from the state that it ends with
  std::vector<ParameterValue> searched;  ///< in the order of the search space
};

/// Writes a chunk of work: batches of trials that are to be evaluated together.
class ChunkWriter {
 public:
  ChunkWriter();
  void begin_batch(std::uint32_t num_trials);
  void add(WorkItem const& item);
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Reads it, batch by batch, into objects that are used again.
class ChunkReader {
 public:
  explicit ChunkReader(std::span<std::byte const> bytes);

  /// False at the end. `batch` is resized; its items keep their memory.
  bool next_batch(std::vector<WorkItem>& batch);

 private:
  std::span<std::byte const> rest_;
};

/// What a rank sends back for a chunk.
struct ChunkResult {
  std::vector<TrialRecord> records;
  std::vector<std::uint64_t> returned;  ///< ids not evaluated: the rank was told to stop
  std::vector<std::uint64_t> saved;     ///< ids of trials of which there is a state
  std::string storage_error;            ///< not empty: arrays or states could not be written
};

/// Encodes a result as it comes about: records first.
class ChunkResultWriter {
 public:
  ChunkResultWriter();
  void add(TrialRecord const& record);
  Bytes finish(std::vector<std::uint64_t> const& returned, std::vector<std::uint64_t> const& saved,
               std::string const& storage_error);

 private:
  std::uint32_t num_records_ = 0;
  Bytes bytes_;
};

ChunkResult decode_chunk_result(std::span<std::byte const> bytes);

}  // namespace engram
