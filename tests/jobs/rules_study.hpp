#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "jobs/study.hpp"
#include "tests/jobs/refusal.hpp"
#include "tests/jobs/results_test_study.hpp"

// Studies of an experiment with parameters of every type, and the points that they have.

namespace engram {

using Texts = std::vector<std::string>;

class TestRules : public Experiment {
 public:
  std::string_view name() const override { return "test_rules"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override {
    return {choice("rule", "hebb", {"hebb", "oja", "bcm"}),
            real("rate", 0.25).range(0, 1),
            integer("units", 10).range(1, 1000),
            integer("batch", 8).range(1, 1000),
            boolean("noisy", false),
            text("label", "two words"),
            real("missing", 0)};
  }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"loss", Direction::minimise, "1", ""},
            {"effort", Direction::minimise, "1", ""},
            {"size", Direction::none, "1", ""}};
  }
  void run(TrialContext&, std::span<Trial const>, std::span<Outcome>) const override {}
};

inline RegisterExperiment<TestRules> const registered_test_rules;

inline std::string const head = "[study]\nexperiment = test_rules\n";

inline Study parse(std::string const& text) {
  return parse_study(head + text, "a.ini");
}

inline std::string refusal_of(std::string const& text) {
  return refusal([&] { parse(text); });
}

/// Each text is refused with a.ini and its message.
inline void expect_refusals(std::vector<std::pair<std::string, std::string>> const& cases) {
  for (auto const& [text, message] : cases) EXPECT_EQ(refusal_of(text), "a.ini" + message) << text;
}

inline Texts as_texts(std::vector<Point> const& points) {
  Texts texts;
  for (auto const& point : points) {
    std::string text;
    for (auto const& value : point) text += (text.empty() ? "" : " ") + to_string(value);
    texts.push_back(text);
  }
  return texts;
}

inline double loss_of(Point const& point) {
  double sum = 0.0;
  for (auto const& value : point) {
    auto const* const integer = std::get_if<std::int64_t>(&value);
    auto const* const real = std::get_if<double>(&value);
    double const x = real ? *real : integer ? static_cast<double>(*integer) / 100.0 : 0.3;
    sum += (x - 0.3) * (x - 0.3);
  }
  return sum;
}

/// The objective is the loss, unless the constraints forbid the point.
inline PointResult result_of(std::uint64_t i, Point const& point, bool is_admitted = true) {
  double const loss = is_admitted ? loss_of(point) : std::nan("");
  return {i, loss, {loss, 1.0 / (1.0 + loss), static_cast<double>(i % 7)}};
}

/// All points of a searcher, of which `portion` are asked for at a time; results come late by up
/// to `lag` points.
inline std::vector<Point> points_of(Searcher& searcher, std::size_t portion = 8,
                                    std::size_t lag = 0) {
  std::vector<Point> points;
  std::size_t num_told = 0;
  while (!searcher.finished()) {
    auto const some = searcher.ask(portion);
    for (auto const& proposal : some) points.push_back(proposal.values);
    auto const end = some.empty() ? points.size() : points.size() - std::min(lag, points.size());
    if (some.empty() && num_told == points.size()) {
      ADD_FAILURE() << "it asks for nothing after " << num_told << " points";
      break;
    }
    for (; num_told < end; ++num_told) searcher.tell(result_of(num_told, points[num_told]));
  }
  EXPECT_EQ(points.size(), searcher.num_points());
  return points;
}

inline std::vector<Point> points_of(Study const& study, std::size_t portion = 8,
                                    std::size_t lag = 0) {
  auto const searcher = study.make_searcher();
  return points_of(*searcher, portion, lag);
}

class PointFilesOfStudies : public ::testing::Test {
 protected:
  Study read(std::string const& study, std::string const& points) const {
    testing::write_bytes(folder_ / "points.csv", points);
    testing::write_bytes(folder_ / "a.ini", head + study);
    return read_study(folder_ / "a.ini");
  }

  /// Without the folder's name.
  std::string refusal_to_read(std::string const& study, std::string const& points) const {
    auto text = refusal([&] { read(study, points); });
    auto const prefix = folder_.path().string() + "/";
    for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

  testing::TemporaryFolder const folder_;
};

}  // namespace engram
