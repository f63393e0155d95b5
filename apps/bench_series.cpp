#include "apps/bench_series.h"

#include <spdlog/fmt/fmt.h>

#include "apps/bench_figures.h"

namespace hitsieve {

std::string series_lines(const std::string& what, const std::vector<PlotPoint>& points) {
  std::string out;
  for (const PlotPoint& point : points)
    out += fmt::format("  {:<34}{:>25} frames/s\n", fmt::format("{} {:.0f}", what, point.x),
                       rate_text(point.y));
  return out;
}

nlohmann::ordered_json series_json(const std::string& name, const std::vector<PlotPoint>& points) {
  auto out = nlohmann::ordered_json::array();
  for (const PlotPoint& point : points)
    out.push_back({{name, int64_t(point.x)}, {"frames_per_s", point.y}});
  return out;
}

nlohmann::ordered_json stages_json(const std::vector<Stage>& all) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const Stage& stage : all) out[stage.name] = stage.seconds;
  return out;
}

nlohmann::ordered_json ceilings_json(const Ceilings& ceilings) {
  nlohmann::ordered_json out{{"copy_bytes_per_s", ceilings.copy},
                             {"triad_bytes_per_s", ceilings.triad},
                             {"flops_per_s", ceilings.flops}};
  if (ceilings.copy_in > 0) out["copy_in_bytes_per_s"] = ceilings.copy_in;
  return out;
}

nlohmann::ordered_json latency_json(const Latency& latency) {
  return {{"median", latency.median},
          {"p99", latency.p99},
          {"longest", latency.longest},
          {"frames", latency.frames}};
}

nlohmann::ordered_json roofline_json(const std::vector<RooflinePoint>& points) {
  auto out = nlohmann::ordered_json::array();
  for (const RooflinePoint& point : points)
    out.push_back(
        {{"name", point.name}, {"flops_per_byte", point.intensity}, {"flops_per_s", point.flops}});
  return out;
}

}  // namespace hitsieve
