#include "analysis/export.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "core/error.hpp"
#include "tests/analysis/make_results.hpp"

namespace engram {
namespace {

std::string exported(Results const& results, ExportOptions const& options) {
  std::ostringstream out;
  write_export(results, out, options);
  return out.str();
}

Results two_trials() {
  auto results = make_results();
  add_trial(results, 0.1, "a,\"b\"", 1.0 / 3.0, 2e-300);
  add_trial(results, 0.2, "c", 0.0, 0.0, Status::failed, "threw:\nbad");
  return results;
}

TEST(Export, CsvIsRfc4180) {
  EXPECT_EQ(
      exported(two_trials(), {}),
      "id,point,replicate,seed,budget,parent,status,reason,warnings,leak,rule,error,memory\r\n"
      "0,0,0,1000,1,-1,complete,,,0.1,\"a,\"\"b\"\"\",0.3333333333333333,2e-300\r\n"
      "1,0,1,1001,1,-1,failed,\"threw:\nbad\",,0.2,c,,\r\n");
}

TEST(Export, JsonHasTheStudyAndItsTrials) {
  EXPECT_EQ(exported(two_trials(), {ExportFormat::json, {"id", "status", "rule", "error"}, false}),
            "{\n\"study\": \"demo\",\n\"experiment\": \"no_op\",\n\"objective\": \"error\",\n"
            "\"direction\": \"minimise\",\n\"seed\": 7,\n\"replicates\": 2,\n"
            "\"num_trials_planned\": 2,\n\"finished\": true,\n\"trials\": [\n"
            R"({"id": 0, "status": "complete", "rule": "a,\"b\"", "error": 0.3333333333333333},)"
            "\n"
            R"({"id": 1, "status": "failed", "rule": "c", "error": null})"
            "\n]\n}\n");
}

TEST(Export, WholeNumbersAndTruthValues) {
  auto results = two_trials();
  results.parameters.push_back(
      {"units", "1", "", Direction::none, std::vector<std::int64_t>{-3, 9007199254740993}});
  results.parameters.push_back(
      {"sparse", "1", "", Direction::none, std::vector<std::uint8_t>{0, 1}});
  EXPECT_EQ(exported(results, {ExportFormat::csv, {"units", "sparse"}, false}),
            "units,sparse\r\n-3,false\r\n9007199254740993,true\r\n");
  auto const json = exported(results, {ExportFormat::json, {"units", "sparse"}, false});
  EXPECT_NE(json.find(R"({"units": 9007199254740993, "sparse": true})"), std::string::npos) << json;
}

TEST(Export, TimingOnRequest) {
  auto const text = exported(two_trials(), {ExportFormat::csv, {}, true});
  EXPECT_NE(text.find("memory,rank,attempt,start,seconds\r\n"), std::string::npos);
  EXPECT_NE(text.find(",2e-300,0,0,1000,1\r\n"), std::string::npos);
}

TEST(Export, ColumnsInTheOrderAskedFor) {
  EXPECT_EQ(exported(two_trials(), {ExportFormat::csv, {"seconds", "id"}, false}),
            "seconds,id\r\n1,0\r\n1,1\r\n");
}

TEST(Export, ClashingNamesHavePrefixes) {
  auto results = two_trials();
  results.parameters[0].name = "seed";
  results.metrics[1].name = "rule";
  EXPECT_EQ(
      export_columns(results),
      (std::vector<std::string>{"id", "point", "replicate", "seed", "budget", "parent", "status",
                                "reason", "warnings", "param_seed", "param_rule", "error",
                                "metric_rule", "rank", "attempt", "start", "seconds"}));
}

TEST(Export, UnknownColumnNamesTheNearest) {
  try {
    exported(two_trials(), {ExportFormat::csv, {"errror"}, false});
    FAIL();
  } catch (UserError const& error) {
    EXPECT_STREQ(error.what(),
                 "there is no column 'errror' in these results; did you mean 'error'?");
  }
}

TEST(Export, NoTrials) {
  EXPECT_EQ(exported(make_results(), {ExportFormat::csv, {"id", "leak"}, false}), "id,leak\r\n");
  EXPECT_NE(exported(make_results(), {ExportFormat::json, {}, false}).find("\"trials\": [\n]\n}"),
            std::string::npos);
}

}  // namespace
}  // namespace engram
