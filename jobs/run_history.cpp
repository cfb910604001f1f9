#include "jobs/run_history.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/text.hpp"

namespace engram {
namespace {

/// Where a batch system's number of the job is: Slurm, PBS, Grid Engine, LSF.
constexpr char const* job_id_keys[] = {"slurm_job_id", "PBS_JOBID", "JOB_ID", "LSB_JOBID"};

std::vector<std::string> names_in(std::string const& list) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < list.size();) {
    auto const end = std::min(list.find(", ", begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    begin = end + 2;
  }
  return names;
}

}  // namespace

std::uint64_t num_restarts(std::map<std::string, std::string> const& provenance) {
  auto const found = provenance.find("restarts");
  return found == provenance.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 10);
}

void add_history(std::map<std::string, std::string> const& last,
                 std::map<std::string, std::string>& provenance) {
  provenance["restarts"] = std::to_string(last.empty() ? 0 : num_restarts(last) + 1);
  auto const before = last.find("job_ids");
  std::string ids = before == last.end() ? "" : before->second;
  for (auto const* key : job_id_keys) {
    if (auto const id = provenance.find(key); id != provenance.end()) add_names(id->second, ids);
  }
  if (!ids.empty()) provenance["job_ids"] = ids;
}

void add_names(std::string const& more, std::string& list) {
  auto names = names_in(list);
  for (auto const& name : names_in(more)) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  list = joined(names, ", ");
}

}  // namespace engram
