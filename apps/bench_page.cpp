// The page of `hitsieve bench`.
#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "apps/bench.h"
#include "apps/page.h"
#include "apps/progress.h"
#include "engine/checkpoint.h"

namespace hitsieve {
namespace {

/// Of the networks, in their order; the second is the darker.
constexpr Colour network_colours[] = {{0.04, 0.50, 0.44}, {0.16, 0.33, 0.60}};
constexpr Colour ceiling_colour{0.60, 0.63, 0.68};

Colour colour_of(size_t network) { return network_colours[network % 2]; }

std::string rate(double per_second) { return with_commas(std::llround(per_second)); }

std::string number(const std::string& value, const std::string& meaning) {
  return fmt::format("<div class=\"number\"><b>{}</b><span>{}</span></div>\n", value, meaning);
}

std::string head(const BenchResult& result) {
  std::string out = fmt::format(
      "<h1>How fast this machine screens</h1>\n<p class=\"lead\">{}, {} thread{}. Frames of {} x "
      "{} pixels, {}: {}.</p>\n<div class=\"numbers\">\n",
      escaped(result.processor), result.threads, result.threads == 1 ? "" : "s", result.crop,
      result.crop, result.pixel_type, escaped(result.frames));
  for (const NetworkBench& net : result.networks) {
    out += number(rate(net.from_file.value_or(net.by_threads.back().y)),
                  fmt::format("frames/s, {} network, {}", net.short_name,
                              net.from_file ? "reading included" : "from memory"));
    out += number(fmt::format("{:.2f} ms", 1e3 * net.latency.median),
                  fmt::format("for one frame, {} network, one thread", net.short_name));
  }
  return out + "</div>\n";
}

/// A bar of what a frame's time goes to, on one thread.
std::string bar(const std::vector<Stage>& stages, double longest) {
  constexpr const char* shades[] = {"#c9ced6", "#9aa1ac", "#6fbcae", "#0a8070"};
  const size_t first = 4 - stages.size();
  std::string out;
  double x = 0;
  for (size_t i = 0; i < stages.size(); ++i) {
    const double width = std::max(1.0, 1000 * stages[i].seconds / longest);
    out += fmt::format("<rect x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"26\" fill=\"{}\"/>\n",
                       x, width, shades[first + i]);
    x += width;
  }
  return "<svg viewBox=\"0 0 1003 26\" role=\"img\">" + out + "</svg>\n";
}

std::string where_time_goes(const BenchResult& result) {
  std::vector<std::vector<Stage>> all;
  double longest = 0;
  for (const NetworkBench& net : result.networks) {
    all.push_back(result.file_stages);
    all.back().insert(all.back().end(), net.stages.begin(), net.stages.end());
    double sum = 0;
    for (const Stage& stage : all.back()) sum += stage.seconds;
    longest = std::max(longest, sum);
  }
  std::string out =
      "<p>Milliseconds of work a frame on one thread, step by step. Grey: reading and "
      "decoding; light green: raw pixels to what the network sees; green: the "
      "network.</p>\n<table><tr><th></th>";
  for (const Stage& stage : all[0]) out += "<th>" + stage.name + "</th>";
  out += "<th>sum</th><th>frames/s</th></tr>\n";
  std::string bars;
  for (size_t i = 0; i < all.size(); ++i) {
    double sum = 0;
    out += "<tr><td>" + escaped(result.networks[i].name) + "</td>";
    for (const Stage& stage : all[i]) {
      out += fmt::format("<td>{:.3f}</td>", 1e3 * stage.seconds);
      sum += stage.seconds;
    }
    out += fmt::format("<td>{:.3f}</td><td>{}</td></tr>\n", 1e3 * sum, rate(1 / sum));
    bars += "<p class=\"note\" style=\"margin:16px 0 4px\">" + escaped(result.networks[i].name) +
            "</p>" + bar(all[i], longest);
  }
  out += "</table>\n" + bars;
  if (!result.storage.empty())
    out +=
        "<p class=\"note\" style=\"margin-top:14px\">The file: " + escaped(result.storage) +
        ". What was read shortly before comes from the system's memory, not from the disk.</p>\n";
  return section("Where the time goes", out);
}

std::string legend(const BenchResult& result) {
  std::string out;
  for (size_t i = 0; i < result.networks.size(); ++i)
    out += fmt::format("<span class=\"dot\" style=\"background:{}\"></span>{} network &nbsp; ",
                       css(colour_of(i)), result.networks[i].short_name);
  return out;
}

double top_of(const std::vector<PlotPoint>& points) {
  double top = 0;
  for (const PlotPoint& point : points) top = std::max(top, point.y);
  return top;
}

/// A curve a network: frames/s over `x`.
std::string rates(const BenchResult& result, std::vector<PlotPoint> NetworkBench::*series,
                  const std::string& x, const std::string& caption) {
  double most = 1, top = 0, least = 1e30;
  for (const NetworkBench& net : result.networks)
    for (const PlotPoint& point : net.*series)
      most = std::max(most, point.x), top = std::max(top, point.y),
      least = std::min(least, point.y);
  Plot plot(1, std::max(2.0, most), least / 1.5, top * 1.5, x, "frames/s", Axes::logarithmic);
  for (size_t i = 0; i < result.networks.size(); ++i) {
    const auto& points = result.networks[i].*series;
    plot.curve(points, colour_of(i), 2.5);
    plot.dots(points, colour_of(i), 4);
  }
  return "<figure>" + plot.svg() + "<figcaption>" + legend(result) + caption +
         "</figcaption></figure>\n";
}

std::string by_size(const BenchResult& result) {
  const double low = result.by_size.front().x, high = result.by_size.back().x;
  Plot plot(low / 1.2, high * 1.2, result.by_size.back().y / 1.5, top_of(result.by_size) * 1.5,
            "side of the frame, pixels", "frames/s", Axes::logarithmic);
  plot.curve(result.by_size, colour_of(0), 2.5);
  plot.dots(result.by_size, colour_of(0), 4);
  return "<figure>" + plot.svg() +
         "<figcaption>Raw frames to vectors, all threads, no mask. The rate falls with the number "
         "of pixels.</figcaption></figure>\n";
}

std::string roofline(const BenchResult& result) {
  const double peak = result.core.flops / 1e9, bandwidth = result.core.bandwidth() / 1e9;
  const double knee = peak / bandwidth;
  double left = std::min(1.0, knee / 3), right = 100, low = peak;
  for (const RooflinePoint& point : result.roofline) {
    left = std::min(left, point.intensity / 3), right = std::max(right, point.intensity * 4);
    low = std::min(low, point.flops / 1e9);
  }
  Plot plot(left, right, std::min(low, left * bandwidth) / 2, peak * 2.5,
            "operations a byte of input", "billion operations a second", Axes::logarithmic);
  plot.curve({{left, left * bandwidth}, {knee, peak}, {right, peak}}, ceiling_colour, 3);
  for (size_t i = 0; i < result.roofline.size(); ++i) {
    const PlotPoint at{result.roofline[i].intensity, result.roofline[i].flops / 1e9};
    plot.dots({at}, colour_of(i / 2), 7);
    plot.label(at, result.roofline[i].name, "middle");
  }
  return "<figure>" + plot.svg() +
         fmt::format(
             "<figcaption>One thread. The line is what it can do at most, measured: {:.1f} "
             "GB/s of memory, {:.0f} billion float32 operations a second by multiply-adds. "
             "For preprocessing 20 operations a pixel are counted.</figcaption></figure>\n",
             bandwidth, peak);
}

}  // namespace

std::string bench_page(const BenchResult& result) {
  std::string plots = "<div class=\"two\">\n";
  plots += rates(result, &NetworkBench::by_threads, "threads", "Frames in memory, all at once.");
  plots += rates(result, &NetworkBench::by_batch, "frames at once",
                 "All threads; each takes at least one frame.");
  plots += by_size(result) + roofline(result) + "</div>\n";
  const std::string end = fmt::format(
      "<p class=\"note\" style=\"margin-top:26px\">Medians; {} frames in memory, raw pixels in and "
      "decisions out. Times mean little on a machine that does other work: run it again when it is "
      "idle. Made by hitsieve {} in {}.</p>\n",
      result.frames_in_memory, version(), duration(result.seconds));
  return page_of(
      "hitsieve: how fast this machine screens",
      head(result) + where_time_goes(result) + section("What it depends on", plots) + end);
}

}  // namespace hitsieve
