#include "apps/report.h"

#include <cmath>

#include <spdlog/fmt/fmt.h>

namespace hitsieve {

const char* const class_names[3] = {"miss", "maybe", "hit"};

namespace {

std::string number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.3f}", value); }

nlohmann::ordered_json json_number(double value) {  // JSON has no NaN
  return std::isnan(value) ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
}

/// NaN, as recall is, when no frame is positive.
double average_precision(const Metrics& metrics) {
  return std::isnan(metrics.recall()) ? metrics.recall() : metrics.average_precision;
}

}  // namespace

std::string metrics_table(const Metrics& metrics) {
  std::string out;
  const auto row = [&](const char* name, double value) {
    out += fmt::format("  {:<18}{:>8}\n", name, number(value));
  };
  row("accuracy", metrics.accuracy());
  row("recall", metrics.recall());
  row("precision", metrics.precision());
  row("F1", metrics.f1());
  row("average precision", average_precision(metrics));
  out += "\n  labelled    decided miss   decided hit   right\n";
  for (size_t label = 3; label-- > 0;) {
    const auto& decided = metrics.by_class[label];
    const int64_t all = decided[0] + decided[1], right = decided[label > 0 ? 1 : 0];
    out +=
        fmt::format("  {:<8}{:>16}{:>14}{:>8}\n", class_names[label], decided[0], decided[1],
                    all == 0 ? "-" : fmt::format("{:.1f}%", 100.0 * double(right) / double(all)));
  }
  return out;
}

nlohmann::ordered_json metrics_json(const Metrics& metrics) {
  nlohmann::ordered_json out;
  out["accuracy"] = json_number(metrics.accuracy());
  out["recall"] = json_number(metrics.recall());
  out["precision"] = json_number(metrics.precision());
  out["f1"] = json_number(metrics.f1());
  out["average_precision"] = json_number(average_precision(metrics));
  for (size_t label = 0; label < 3; ++label)
    out["confusion"][class_names[label]] = {{"miss", metrics.by_class[label][0]},
                                            {"hit", metrics.by_class[label][1]}};
  return out;
}

}  // namespace hitsieve
