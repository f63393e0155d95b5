// The page of `hitsieve bench`.
#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "apps/bench.h"
#include "apps/bench_figures.h"
#include "apps/bench_gpu.h"
#include "apps/page.h"
#include "apps/progress.h"
#include "engine/checkpoint.h"

namespace hitsieve {
namespace {

std::string head(const BenchResult& result) {
  std::string out = fmt::format(
      "<h1>How fast this machine screens</h1>\n<p class=\"lead\">{}, {} thread{}. Frames of {} x "
      "{} pixels, {}: {}.</p>\n<div class=\"numbers\">\n",
      escaped(result.processor), result.threads, result.threads == 1 ? "" : "s", result.crop,
      result.crop, result.pixel_type, escaped(result.frames));
  for (const NetworkBench& net : result.networks) {
    out += number_box(rate_text(net.from_file.value_or(net.by_threads.back().y)),
                      fmt::format("frames/s, {} network, {}", net.short_name,
                                  net.from_file ? "reading included" : "from memory"));
    out += number_box(fmt::format("{:.2f} ms", 1e3 * net.latency.median),
                      fmt::format("for one frame, {} network, one thread", net.short_name));
  }
  if (result.gpu)
    for (const GpuNetwork& net : result.gpu->networks)
      out += number_box(
          rate_text(net.from_file.value_or(1 / net.steps.back().seconds)),
          fmt::format("frames/s, {} network, on {}, {}", net.short_name, escaped(result.gpu->name),
                      net.from_file ? "reading included" : "from host memory"));
  return out + "</div>\n";
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
  constexpr const char* colours[] = {"#c9ced6", "#9aa1ac", "#6fbcae", "#0a8070"};
  std::string bars;
  for (size_t i = 0; i < all.size(); ++i) {
    double sum = 0;
    std::vector<BarPart> parts;
    out += "<tr><td>" + escaped(result.networks[i].name) + "</td>";
    for (const Stage& stage : all[i]) {
      out += fmt::format("<td>{:.3f}</td>", 1e3 * stage.seconds);
      sum += stage.seconds;
      parts.push_back({stage.seconds, colours[4 - all[i].size() + parts.size()]});
    }
    out += fmt::format("<td>{:.3f}</td><td>{}</td></tr>\n", 1e3 * sum, rate_text(1 / sum));
    bars += "<p class=\"note\" style=\"margin:16px 0 4px\">" + escaped(result.networks[i].name) +
            "</p>" + time_bar(parts, longest);
  }
  out += "</table>\n" + bars;
  if (!result.storage.empty())
    out +=
        "<p class=\"note\" style=\"margin-top:14px\">The file: " + escaped(result.storage) +
        ". What was read shortly before comes from the system's memory, not from the disk.</p>\n";
  return section("Where the time goes", out);
}

std::string depends_on(const BenchResult& result) {
  std::vector<RateCurve> by_threads, by_batch;
  for (const NetworkBench& net : result.networks) {
    by_threads.push_back({net.short_name + " network", net.by_threads});
    by_batch.push_back({net.short_name + " network", net.by_batch});
  }
  return section(
      "What it depends on",
      "<div class=\"two\">\n" +
          rates_figure(by_threads, "threads", "frames/s", "Frames in memory, all at once.") +
          rates_figure(by_batch, "frames at once", "frames/s",
                       "All threads; each takes at least one frame.") +
          sizes_figure(
              result.by_size,
              "Raw frames to vectors with their mask, all threads. The rate falls with the "
              "number of pixels.") +
          roofline_figure(result.roofline, result.core, "One thread") + "</div>\n");
}

}  // namespace

std::string bench_page(const BenchResult& result) {
  const std::string end = fmt::format(
      "<p class=\"note\" style=\"margin-top:26px\">Medians; {} frames in memory, raw pixels in and "
      "decisions out. Times mean little on a machine that does other work: run it again when it is "
      "idle. Made by hitsieve {} in {}.</p>\n",
      result.frames_in_memory, version(), duration(result.seconds));
  return page_of("hitsieve: how fast this machine screens",
                 head(result) + where_time_goes(result) + depends_on(result) +
                     (result.gpu ? gpu_section(*result.gpu) : "") + end);
}

}  // namespace hitsieve
