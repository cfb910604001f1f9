// How well the scheduler would do on more ranks than there are here: a model of it and of the
// results store, whose costs are measured first, in the same run; then real runs beside the model.
//
//   mpirun -n 2 bench_scheduler_model [folder [largest number of ranks to model]]
//
// Efficiency: the time of all trials / (ranks x time of the run), and what it were if nothing but
// trials took time ("free": ranks without work at the end). Rank 0, writing: how long its service
// thread is busy, and with the results file. Wait: the longest of any rank between two chunks.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/scheduler_simulation_steps.hpp"
#include "parallel/environment.hpp"

namespace engram::bench {
namespace {

using Kind = Durations::Kind;

Costs measure_costs(Communicator const& world, std::filesystem::path const& folder,
                    std::vector<int> const& nums_ranks) {
  Costs costs;
  costs.latency_s = world.size() > 1 ? measure_latency(world) : 0.0;
  if (!world.is_root()) return costs;
  costs.message_s = measure_message();
  costs.overslept_s = measure_oversleeping();
  for (int const num_ranks : nums_ranks) {
    costs.chunk_s[num_ranks] = measure_chunk(folder, num_ranks, 1);
  }
  constexpr std::size_t several = 64;
  constexpr int num_ranks = 256;
  costs.item_s = (measure_chunk(folder, num_ranks, several) - measure_chunk(folder, num_ranks, 1)) /
                 (several - 1);
  measure_store(folder, costs);
  std::printf("message %.2f us of CPU, latency %.2f us%s, sleeps late by %.0f us\n",
              1e6 * costs.message_s, 1e6 * costs.latency_s,
              world.size() > 1 ? "" : " (one rank: not measured)", 1e6 * costs.overslept_s);
  std::printf("rank 0, us of CPU a chunk of one trial:");
  for (auto const& [num, seconds] : costs.chunk_s)
    std::printf(" %.2f (%d ranks)", 1e6 * seconds, num);
  std::printf("; a further trial %.2f\n", 1e6 * costs.item_s);
  std::printf("sync of 10,000 records %.1f ms; results file %.1f ms + %.3f us a row\n",
              1e3 * costs.sync_s, 1e3 * costs.write_s, 1e6 * costs.write_row_s);
  return costs;
}

void print_head() {
  std::printf("\n%-11s %-10s %7s %9s %11s %9s %8s %9s %12s\n", "trials", "levels", "ranks",
              "number", "efficiency", "rank 0", "writing", "wait", "messages/s");
}

/// @param free  the same if rank 0, messages and files took no time
void print_forecast(Scenario const& scenario, Forecast const& forecast, Forecast const& free) {
  std::printf("%-11s %-6s %7d %9llu %9.2f %% %7.2f %% %7.2f %% %7.2f %% %6.0f ms %12.0f\n",
              scenario.durations.name().c_str(), scenario.block_size > 0 ? "two" : "one",
              scenario.num_ranks, static_cast<unsigned long long>(scenario.num_trials),
              100 * forecast.efficiency(scenario.num_ranks),
              100 * free.efficiency(scenario.num_ranks),
              100 * forecast.served_s / forecast.makespan_s,
              100 * forecast.written_s / forecast.makespan_s, 1e3 * forecast.longest_wait_s,
              static_cast<double>(forecast.num_messages) / forecast.makespan_s);
  std::fflush(stdout);
}

void model(std::vector<int> const& nums_ranks, Costs const& costs) {
  print_head();
  // Trials a rank, unless the model itself would take too long.
  struct Row {
    Durations durations;
    std::uint64_t num_a_rank, largest_num;
  };
  for (Row const& row :
       {Row{{Kind::constant, 1.0}, 100, 1'000'000}, Row{{Kind::log_normal, 1.0}, 100, 1'000'000},
        Row{{Kind::log_uniform, 0.1}, 1000, 2'000'000}}) {
    for (int const num_ranks : nums_ranks) {
      auto const num =
          std::min(static_cast<std::uint64_t>(num_ranks) * row.num_a_rank, row.largest_num);
      Scenario scenario{num_ranks, num, row.durations};
      auto const free = Simulation(scenario, {.chunk_s = {{num_ranks, 0.0}}}).run();
      for (int const block_size : {0, SchedulerOptions().block_size}) {
        scenario.block_size = block_size;
        print_forecast(scenario, Simulation(scenario, costs).run(), free);
      }
    }
  }
}

/// What a real run took; on rank 0.
struct Measured {
  double makespan_s = 0.0, computed_s = 0.0, longest_wait_s = 0.0;
};

Measured run_asleep(Communicator const& world, std::filesystem::path const& folder,
                    Scenario const& scenario) {
  auto const study = study_of(folder, scenario.num_trials);
  std::unique_ptr<Records> records;
  if (world.is_root()) {
    records = std::make_unique<Records>(study, static_cast<std::size_t>(world.size()));
  }
  world.barrier();
  double const start_s = wall_s();
  double computed_s = 0.0, longest_wait_s = 0.0, idle_since_s = start_s;
  auto const worker = [&](Bytes const& chunk) {
    longest_wait_s = std::max(longest_wait_s, wall_s() - idle_since_s);
    auto result = outcome_of(chunk, [&](std::uint64_t id) {
      double const trial_start_s = wall_s();
      std::this_thread::sleep_for(std::chrono::duration<double>(scenario.durations.of(id)));
      computed_s += wall_s() - trial_start_s;
    });
    idle_since_s = wall_s();
    return result;
  };
  SchedulerOptions options;
  options.two_levels_from = scenario.block_size > 0 ? 2 : world.size() + 1;
  options.block_size = std::max(1, scenario.block_size);
  run_scheduled(world, records ? &records->source : nullptr, worker, options);
  Measured measured{wall_s() - start_s};
  std::vector<double> const mine = {computed_s, longest_wait_s};
  std::vector<double> all(2 * static_cast<std::size_t>(world.size()));
  world.all_gather<double>(mine, all);
  for (std::size_t i = 0; i < all.size(); i += 2) {
    measured.computed_s += all[i];
    measured.longest_wait_s = std::max(measured.longest_wait_s, all[i + 1]);
  }
  return measured;
}

/// Asleep, unlike in a barrier.
void wait_for_root(Communicator const& world) {
  class Nothing final : public WorkSource {
   public:
    std::optional<Bytes> next_chunk(int, std::size_t) override { return {}; }
    std::size_t num_waiting() const override { return 0; }
    void accept(int, Bytes) override {}
    bool finished() const override { return true; }
  };
  Nothing source;
  run_scheduled(world, world.is_root() ? &source : nullptr,
                [](Bytes const&) { return WorkResult{}; });
}

void compare(Communicator const& world, std::filesystem::path const& folder, Costs const& costs) {
  constexpr double seconds = 5.0;  // of a run, if nothing is lost
  if (world.is_root()) {
    std::printf(
        "\nasleep on %d ranks   number   efficiency: model, measured   wait: model, measured\n",
        world.size());
  }
  for (Durations const durations :
       {Durations{Kind::constant, 0.05}, {Kind::log_uniform, 0.1}, {Kind::log_normal, 0.05}}) {
    for (int const block_size : {0, 8}) {
      Scenario const scenario{
          world.size(),
          static_cast<std::uint64_t>(std::lround(world.size() * seconds / durations.mean_s())),
          durations, block_size};
      auto const measured = run_asleep(world, folder, scenario);
      if (!world.is_root()) continue;
      auto const forecast = Simulation(scenario, costs).run();
      std::printf("%-11s %-6s %10llu %14.2f %% %8.2f %% %12.2f ms %7.2f ms\n",
                  durations.name().c_str(), block_size > 0 ? "two" : "one",
                  static_cast<unsigned long long>(scenario.num_trials),
                  100 * forecast.efficiency(world.size()),
                  100 * measured.computed_s / (world.size() * measured.makespan_s),
                  1e3 * forecast.longest_wait_s, 1e3 * measured.longest_wait_s);
      std::fflush(stdout);
    }
  }
}

void run(Communicator const& world, std::filesystem::path const& folder, int largest) {
  std::vector<int> nums_ranks = {16, 128, 1024, 4096, 10'000, 32'768, 100'000};
  std::erase_if(nums_ranks, [&](int num) { return num > std::max({largest, 16, world.size()}); });
  auto const costs = measure_costs(world, folder, nums_ranks);
  wait_for_root(world);
  compare(world, folder, costs);
  if (world.is_root()) model(nums_ranks, costs);
  wait_for_root(world);
  if (!world.is_root()) return;
  for (char const* ending : {"h5", "h5.journal", "h5.lock"}) {
    std::filesystem::remove(folder / (std::string("bench_scheduler_model.") + ending));
  }
}

}  // namespace
}  // namespace engram::bench

int main(int argc, char** argv) {
  engram::Environment const environment(argc, argv);
  return environment.run([&] {
    std::filesystem::path const folder = argc > 1 ? argv[1] : ".";
    int const largest = argc > 2 ? std::stoi(argv[2]) : 100'000;
    engram::bench::run(environment.world(), folder, largest);
    return 0;
  });
}
