#include "jobs/chunk.hpp"

#include <cstring>

#include "jobs/byte_stream.hpp"

namespace engram {
ChunkWriter::ChunkWriter() {
  bytes_.reserve(256);
}

void ChunkWriter::begin_batch(std::uint32_t num_trials) {
  ByteWriter(bytes_).number(num_trials);
}

void ChunkWriter::add(WorkItem const& item) {
  ByteWriter out(bytes_);
  out.number(item.id);
  out.number(item.seed);
  out.number(item.budget);
  out.number(item.parent);
  out.number(item.attempt);
  out.number(static_cast<std::uint8_t>(item.has_state));
  out.number(static_cast<std::uint8_t>(item.keeps_end));
  out.number(static_cast<std::uint32_t>(item.searched.size()));
  for (auto const& value : item.searched) encode(value, out);
}

ChunkReader::ChunkReader(std::span<std::byte const> bytes) : rest_(bytes) {}

bool ChunkReader::next_batch(std::vector<WorkItem>& batch) {
  if (rest_.empty()) return false;
  ByteReader in(rest_);
  batch.resize(in.count(1));
  for (auto& item : batch) {
    item.id = in.number<std::uint64_t>();
    item.seed = in.number<std::uint64_t>();
    item.budget = in.number<double>();
    item.parent = in.number<std::int64_t>();
    item.attempt = in.number<std::uint32_t>();
    item.has_state = in.number<std::uint8_t>() != 0;
    item.keeps_end = in.number<std::uint8_t>() != 0;
    item.searched.resize(in.count(2));
    for (auto& value : item.searched) value = decode_parameter(in);
  }
  return true;
}

ChunkResultWriter::ChunkResultWriter() {
  ByteWriter(bytes_).number(num_records_);
}

void ChunkResultWriter::add(TrialRecord const& record) {
  encode(record, bytes_);
  ++num_records_;
}

Bytes ChunkResultWriter::finish(std::vector<std::uint64_t> const& returned,
                                std::vector<std::uint64_t> const& saved,
                                std::string const& storage_error) {
  std::memcpy(bytes_.data(), &num_records_, sizeof(num_records_));
  ByteWriter out(bytes_);
  out.vector(returned);
  out.vector(saved);
  out.text(storage_error);
  return std::move(bytes_);
}

ChunkResult decode_chunk_result(std::span<std::byte const> bytes) {
  ChunkResult result;
  ByteReader in(bytes);
  result.records.resize(in.count(1));
  for (auto& record : result.records) record = decode_trial_record(bytes);
  result.returned = in.vector<std::uint64_t>();
  result.saved = in.vector<std::uint64_t>();
  result.storage_error = in.text();
  return result;
}

}  // namespace engram
