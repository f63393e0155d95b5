// What the page of `hitsieve bench` shows of either device.
#pragma once
#include <string>
#include <vector>

#include "apps/bench.h"

namespace hitsieve {

std::string rate_text(double per_second);  ///< "1,234"
/// A large number and what it is.
std::string number_box(const std::string& value, const std::string& meaning);

/// A bar of what a frame's time goes to, a part a stage, of which `longest` seconds fill the
/// width.
struct BarPart {
  double seconds;
  const char* colour;
};
std::string time_bar(const std::vector<BarPart>& parts, double longest);

/// A curve a network, in their order: things/s over `x`.
struct RateCurve {
  std::string name;
  std::vector<PlotPoint> points;
};
std::string rates_figure(const std::vector<RateCurve>& curves, const std::string& x,
                         const std::string& y, const std::string& caption);

/// Frames/s over the side of a frame.
std::string sizes_figure(const std::vector<PlotPoint>& by_size, const std::string& caption);

/// Two points a network below what memory and multiply-adds allow. `of` says of what the ceilings
/// are.
std::string roofline_figure(const std::vector<RooflinePoint>& points, const Ceilings& most,
                            const std::string& of);

}  // namespace hitsieve
