#include "apps/bench_figures.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "apps/progress.h"

namespace hitsieve {
namespace {

/// Of the networks, in their order; the second is the darker.
constexpr Colour network_colours[] = {{0.04, 0.50, 0.44}, {0.16, 0.33, 0.60}};
constexpr Colour ceiling_colour{0.60, 0.63, 0.68};

Colour colour_of(size_t network) { return network_colours[network % 2]; }

}  // namespace

std::string rate_text(double per_second) { return with_commas(std::llround(per_second)); }

std::string number_box(const std::string& value, const std::string& meaning) {
  return fmt::format("<div class=\"number\"><b>{}</b><span>{}</span></div>\n", value, meaning);
}

std::string time_bar(const std::vector<BarPart>& parts, double longest) {
  std::string out;
  double x = 0;
  for (const BarPart& part : parts) {
    const double width = std::max(1.0, 1000 * part.seconds / longest);
    out += fmt::format("<rect x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"26\" fill=\"{}\"/>\n",
                       x, width, part.colour);
    x += width;
  }
  return "<svg viewBox=\"0 0 1005 26\" role=\"img\">" + out + "</svg>\n";
}

std::string rates_figure(const std::vector<RateCurve>& curves, const std::string& x,
                         const std::string& y, const std::string& caption) {
  double most = 1, top = 0, least = 1e30;
  for (const RateCurve& curve : curves)
    for (const PlotPoint& point : curve.points)
      most = std::max(most, point.x), top = std::max(top, point.y),
      least = std::min(least, point.y);
  Plot plot(1, std::max(2.0, most), least / 1.5, top * 1.5, x, y, Axes::logarithmic);
  std::string legend;
  for (size_t i = 0; i < curves.size(); ++i) {
    plot.curve(curves[i].points, colour_of(i), 2.5);
    plot.dots(curves[i].points, colour_of(i), 4);
    legend += fmt::format("<span class=\"dot\" style=\"background:{}\"></span>{} &nbsp; ",
                          css(colour_of(i)), escaped(curves[i].name));
  }
  return "<figure>" + plot.svg() + "<figcaption>" + legend + caption + "</figcaption></figure>\n";
}

std::string sizes_figure(const std::vector<PlotPoint>& by_size, const std::string& caption) {
  double top = 0;
  for (const PlotPoint& point : by_size) top = std::max(top, point.y);
  Plot plot(by_size.front().x / 1.2, by_size.back().x * 1.2, by_size.back().y / 1.5, top * 1.5,
            "side of the frame, pixels", "frames/s", Axes::logarithmic);
  plot.curve(by_size, colour_of(0), 2.5);
  plot.dots(by_size, colour_of(0), 4);
  return "<figure>" + plot.svg() + "<figcaption>" + caption + "</figcaption></figure>\n";
}

std::string roofline_figure(const std::vector<RooflinePoint>& points, const Ceilings& most,
                            const std::string& of) {
  const double peak = most.flops / 1e9, bandwidth = most.bandwidth() / 1e9;
  const double knee = peak / bandwidth;
  double left = std::min(1.0, knee / 3), right = 100, low = peak;
  for (const RooflinePoint& point : points) {
    left = std::min(left, point.intensity / 3), right = std::max(right, point.intensity * 4);
    low = std::min(low, point.flops / 1e9);
  }
  Plot plot(left, right, std::min(low, left * bandwidth) / 2, peak * 2.5,
            "operations a byte of input", "billion operations a second", Axes::logarithmic);
  plot.curve({{left, left * bandwidth}, {knee, peak}, {right, peak}}, ceiling_colour, 3);
  for (size_t i = 0; i < points.size(); ++i) {
    const PlotPoint at{points[i].intensity, points[i].flops / 1e9};
    plot.dots({at}, colour_of(i / 2), 7);
    plot.label(at, points[i].name, "middle");
  }
  return "<figure>" + plot.svg() +
         fmt::format(
             "<figcaption>{}. The line is what it can do at most, measured: {:.1f} "
             "GB/s of memory, {:.0f} billion float32 operations a second by multiply-adds. "
             "For preprocessing 20 operations a pixel are counted.</figcaption></figure>\n",
             of, bandwidth, peak);
}

}  // namespace hitsieve
