#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "core/error.hpp"
#include "tests/experiments/reservoir_forecast_case.hpp"

namespace engram {
namespace {

using namespace engram::forecast_test;

// --- metrics

TEST(ReservoirForecast, MetricsFollowTheTask) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(metric_names({}), (Names{"nrmse"}));
  EXPECT_EQ(metric_names({{"validation_steps", std::int64_t{500}}}),
            (Names{"nrmse_validation", "nrmse"}));
  EXPECT_EQ(metric_names({{"task", std::string("channel")}}),
            (Names{"symbol_error_rate", "nrmse"}));
  EXPECT_EQ(metric_names({{"task", std::string("mackey_glass")}}), (Names{"nrmse", "nrmse_84"}));
  EXPECT_EQ(metric_names({{"task", std::string("lorenz")}}), (Names{"nrmse", "valid_time"}));
  EXPECT_EQ(metric_names({{"task", std::string("lorenz")}, {"free_runs", std::int64_t{0}}}),
            (Names{"nrmse"}));
  EXPECT_EQ(metric_names(series_settings),
            (Names{"relative_variance_validation", "relative_variance_1", "relative_variance_2",
                   "nrmse_validation", "nrmse_1", "nrmse_2"}));
  auto one_test = series_settings;
  one_test.push_back({"validation", std::string()});
  one_test.push_back({"test", std::string("1900:1929")});
  EXPECT_EQ(metric_names(one_test), (Names{"relative_variance", "nrmse"}));
}

TEST(ReservoirForecast, EveryTaskHasItsMetrics) {
  for (std::string const task : {"narma10", "narma30", "mackey_glass", "lorenz", "channel"}) {
    auto const trial = make_trial({{"task", task},
                                   {"units", std::int64_t{20}},
                                   {"train_steps", std::int64_t{300}},
                                   {"validation_steps", std::int64_t{100}},
                                   {"test_steps", std::int64_t{200}},
                                   {"free_runs", std::int64_t{2}},
                                   {"free_run_steps", std::int64_t{50}}});
    EXPECT_NO_THROW(experiment().validate(trial.parameters)) << task;
    auto const outcome = evaluate(trial);
    EXPECT_EQ(outcome.metrics.size(), experiment().metrics(trial.parameters).size()) << task;
    for (double const value : outcome.metrics) EXPECT_TRUE(std::isfinite(value)) << task;
  }
}

TEST(ReservoirForecast, MetricsAreThoseOfTheRecordedSeries) {
  auto const trial = series_trial();
  auto const outcome = evaluate(trial, inputs_of(yearly()));
  auto const spots = yearly().columns[1];
  auto const variance_of = [](std::vector<double> const& x) {
    double mean = 0.0, sum = 0.0;
    for (double const value : x) mean += value / static_cast<double>(x.size());
    for (double const value : x) sum += (value - mean) * (value - mean);
    return sum / static_cast<double>(x.size());
  };
  double const record = variance_of({spots.begin(), spots.begin() + 150});  // to 1949
  for (std::size_t i : {0, 1}) {
    auto const& prediction = outcome.series.at(2 * i).values;
    auto const& target = outcome.series.at(2 * i + 1).values;
    double sum = 0.0;
    for (std::size_t t = 0; t < target.size(); ++t) {
      sum += (prediction[t] - target[t]) * (prediction[t] - target[t]);
    }
    double const mse = sum / static_cast<double>(target.size());
    auto const suffix = "_" + std::to_string(i + 1);
    EXPECT_NEAR(metric(trial, outcome, "relative_variance" + suffix), mse / record, 1e-10);
    EXPECT_NEAR(metric(trial, outcome, "nrmse" + suffix), std::sqrt(mse / variance_of(target)),
                1e-10);
  }
}

TEST(ReservoirForecast, RecordsSeriesInTheUnitsOfTheData) {
  auto const outcome = evaluate(series_trial(), inputs_of(yearly()));
  ASSERT_EQ(outcome.series.size(), 4u);
  EXPECT_EQ(outcome.series[0].name, "prediction_1");
  EXPECT_EQ(outcome.series[1].name, "target_1");
  EXPECT_EQ(outcome.series[2].name, "prediction_2");
  EXPECT_EQ(outcome.series[3].name, "target_2");
  auto const spots = yearly().columns[1];
  for (auto const& [i_series, first, count] : {std::tuple(1, 100, 30), std::tuple(3, 130, 20)}) {
    auto const& target = outcome.series[static_cast<std::size_t>(i_series)].values;
    ASSERT_EQ(target.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      EXPECT_NEAR(target[static_cast<std::size_t>(i)], spots[static_cast<std::size_t>(first + i)],
                  1e-12);
    }
  }
  EXPECT_TRUE(evaluate(with(series_trial(), "record", false), inputs_of(yearly())).series.empty());
}

// --- batches

TEST(ReservoirForecast, BatchEqualsItsTrialsOneByOne) {
  // So many members that a batch is launched in shorter stretches of steps than a trial alone.
  auto const first = make_trial({{"units", std::int64_t{50}},
                                 {"train_steps", std::int64_t{2500}},
                                 {"validation_steps", std::int64_t{300}},
                                 {"test_steps", std::int64_t{500}},
                                 {"record", true}});
  std::vector<Trial> trials;
  for (int i = 0; i < 27; ++i) {
    auto trial = first;
    trial.id = static_cast<std::uint64_t>(i);
    trial.parameters.set("spectral_radius", 1.0 - 0.02 * i);
    trial.parameters.set("leak", 1.0 - 0.02 * i);
    trial.parameters.set("input_scale", 0.1 + 0.05 * i);
    trial.parameters.set("bias_scale", 0.01 * i);
    trial.parameters.set("ridge", std::pow(10.0, -10.0 + 0.3 * i));
    ASSERT_EQ(experiment().batch_key(trial), experiment().batch_key(first));
    trials.push_back(trial);
  }
  auto const together = evaluate(trials);
  for (std::size_t const i : {0, 7, 8, 26}) {
    auto const alone = evaluate(trials[i]);
    EXPECT_EQ(together[i].metrics, alone.metrics) << i;
    EXPECT_EQ(together[i].series.at(0).values, alone.series.at(0).values) << i;
  }
  EXPECT_NE(together[7].metrics, together[8].metrics);
}

TEST(ReservoirForecast, BatchWithFeedbackAndPlasticityEqualsItsTrials) {
  auto const inputs = inputs_of(yearly());
  std::vector<Trial> trials;
  for (int i = 0; i < 9; ++i) {
    auto trial = with(series_trial(), "feedback_scale", 0.05 + 0.01 * i);
    trial.parameters.set("plasticity_steps", std::int64_t{150});
    trial.parameters.set("ridge", 1e-4 * (1 + i));
    trials.push_back(trial);
  }
  auto const together = evaluate(trials, inputs);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(together[i].metrics, evaluate(trials[i], inputs).metrics) << i;
  }
}

TEST(ReservoirForecast, BatchKeyTellsApartWhatCannotShareAReservoir) {
  auto const trial = make_trial({});
  auto const key = experiment().batch_key(trial);
  auto other_seed = trial;
  other_seed.seed = 2;
  EXPECT_NE(experiment().batch_key(other_seed), key);
  EXPECT_NE(experiment().batch_key(with(trial, "units", std::int64_t{100})), key);
  EXPECT_NE(experiment().batch_key(with(trial, "density", 0.2)), key);
  EXPECT_NE(experiment().batch_key(with(trial, "feedback_scale", 0.1)), key);
  EXPECT_NE(experiment().batch_key(with(trial, "plasticity_steps", std::int64_t{5})), key);
  EXPECT_EQ(experiment().batch_key(with(trial, "leak", 0.1)), key);
}

// --- refusals

std::string refusal(Settings const& settings) {
  try {
    experiment().validate(make_parameters(settings));
  } catch (UserError const& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ReservoirForecast, RefusesWhatDoesNotGoTogether) {
  std::string const series = "series", nvar = "nvar";
  EXPECT_EQ(refusal({{"task", series}}), "task series needs series_file");
  EXPECT_EQ(refusal({{"series_file", std::string("x.csv")}}),
            "series_file is for task series, but task is narma10");
  EXPECT_EQ(refusal({{"validation_steps", std::int64_t{2000}}}),
            "validation_steps must be fewer than train_steps, of which they are the end");
  EXPECT_EQ(refusal({{"task", std::string("mackey_glass")}, {"test_steps", std::int64_t{84}}}),
            "20 free runs of 84 steps from different starts need test_steps of at least 104");
  EXPECT_EQ(refusal({{"task", std::string("mackey_glass")}, {"test_steps", std::int64_t{103}}}),
            "20 free runs of 84 steps from different starts need test_steps of at least 104");
  EXPECT_EQ(refusal({{"task", std::string("mackey_glass")}, {"test_steps", std::int64_t{104}}}),
            "accepted");
  EXPECT_NE(refusal({{"task", std::string("mackey_glass")}, {"tau", 17.05}}), "accepted");
  EXPECT_NE(refusal({{"validation_steps", std::int64_t{1}}}), "accepted");
  EXPECT_NE(
      refusal({{"activation", std::string("identity")}, {"plasticity_steps", std::int64_t{10}}}),
      "accepted");
  EXPECT_EQ(refusal({{"activation", std::string("fermi")}, {"plasticity_steps", std::int64_t{10}}}),
            "intrinsic plasticity of fermi units needs a positive plasticity_mean");
  EXPECT_NE(refusal({{"model", nvar}}).find("model nvar forecasts its own input"),
            std::string::npos);
  EXPECT_EQ(refusal({{"model", nvar}, {"task", std::string("lorenz")}}), "accepted");
  EXPECT_EQ(refusal({{"model", nvar},
                     {"task", std::string("lorenz")},
                     {"nvar_delays", std::int64_t{3}},
                     {"nvar_skip", std::int64_t{60}}}),
            "nvar needs a washout of at least (nvar_delays - 1) * nvar_skip steps");
  auto ahead = series_settings;
  EXPECT_EQ(refusal(ahead), "accepted");
  ahead.push_back({"horizon", std::int64_t{2}});
  EXPECT_EQ(refusal(ahead), "accepted");
  ahead.push_back({"model", nvar});
  EXPECT_NE(refusal(ahead), "accepted");
}

TEST(ReservoirForecast, RefusesWhatTakesTooMuchMemory) {
  auto const names = [](Settings const& settings, std::string const& parameters) {
    auto const message = refusal(settings);
    auto const expected = "GB of memory, most of it for its " + parameters + "; expected at most";
    return message.find(expected) != message.npos ? "yes" : message;
  };
  std::string const lorenz = "lorenz", nvar = "nvar";
  Settings nvar_settings = {{"model", nvar}, {"task", lorenz}, {"nvar_delays", std::int64_t{100}}};
  EXPECT_EQ(names(nvar_settings, "nvar_delays"), "yes");  // 45,451 features
  nvar_settings.back().second = std::int64_t{50};
  EXPECT_EQ(refusal(nvar_settings), "accepted");
  EXPECT_EQ(
      names({{"units", std::int64_t{20000}}, {"layers", std::int64_t{32}}}, "units and layers"),
      "yes");
  EXPECT_EQ(names({{"units", std::int64_t{8000}}, {"layers", std::int64_t{2}}, {"density", 1.0}},
                  "units and layers"),
            "accepted");
  EXPECT_EQ(
      names({{"train_steps", std::int64_t{100'000'000}}, {"test_steps", std::int64_t{100'000'000}}},
            "washout, train_steps and test_steps"),
      "yes");
  EXPECT_EQ(names({{"task", lorenz},
                   {"test_steps", std::int64_t{1'100'000}},
                   {"free_runs", std::int64_t{10'000}},
                   {"free_run_steps", std::int64_t{1'000'000}}},
                  "free_runs and free_run_steps"),
            "yes");
}

TEST(ReservoirForecast, RunsNothingThatItRefuses) {
  EXPECT_THROW(evaluate(make_trial({{"task", std::string("mackey_glass")}, {"tau", 17.05}})),
               UserError);
}

TEST(ReservoirForecast, RefusesASeriesWithoutItsRanges) {
  for (auto const& [name, text] :
       {std::pair("train", ""), std::pair("test", ""), std::pair("train", "1800:1850,1851:1899"),
        std::pair("validation", "1871:1880,1881:1899")}) {
    auto settings = series_settings;
    settings.push_back({name, std::string(text)});
    std::string const expected =
        "task series needs one train range, at most one validation range, and test ranges";
    EXPECT_EQ(refusal(settings), expected) << name;
    try {  // metrics are asked for before anything is validated
      metric_names(settings);
      ADD_FAILURE() << name;
    } catch (UserError const& error) {
      EXPECT_EQ(error.what(), expected) << name;
    }
  }
}

TEST(ReservoirForecast, WarnsOfFewerStepsThanWeights) {
  auto const few = make_trial({{"units", std::int64_t{60}}, {"train_steps", std::int64_t{50}}});
  ASSERT_EQ(evaluate(few).warnings.size(), 1u);
  EXPECT_EQ(evaluate(few).warnings[0],
            "the readout has 62 weights but only 50 training steps: the ridge decides");
  EXPECT_TRUE(evaluate(with(few, "train_steps", std::int64_t{62})).warnings.empty());
}

}  // namespace
}  // namespace engram
