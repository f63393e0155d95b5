// Series and numbers of `hitsieve bench` as text and as JSON, of either device.
#pragma once
#include <string>
#include <vector>

#include "apps/bench.h"

namespace hitsieve {

std::string series_lines(const std::string& what, const std::vector<PlotPoint>& points);
nlohmann::ordered_json series_json(const std::string& name, const std::vector<PlotPoint>& points);
nlohmann::ordered_json stages_json(const std::vector<Stage>& stages);
nlohmann::ordered_json latency_json(const Latency& latency);
nlohmann::ordered_json ceilings_json(const Ceilings& ceilings);
nlohmann::ordered_json roofline_json(const std::vector<RooflinePoint>& points);

}  // namespace hitsieve
