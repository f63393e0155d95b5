// The table, the numbers and the section of the page that `hitsieve bench --device cuda` adds.
#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "apps/bench_figures.h"
#include "apps/bench_gpu.h"
#include "apps/bench_series.h"
#include "apps/page.h"

namespace hitsieve {
namespace {

std::string ceilings_text(const Ceilings& most) {
  return fmt::format(
      "memory {:.1f} GB/s (copy {:.1f}, triad {:.1f}), from the host's {:.1f} GB/s, "
      "multiply-adds {:.1f} GFLOP/s",
      most.bandwidth() / 1e9, most.copy / 1e9, most.triad / 1e9, most.copy_in / 1e9,
      most.flops / 1e9);
}

/// "37.2 % of the copy bandwidth"; nothing where there is nothing to set it against.
std::string share_text(const GpuStep& step) {
  if (step.against.empty()) return "";
  return fmt::format("{:.1f} % of {}", 100 * step.share,
                     step.against == "copy" ? "the copy bandwidth" : "the way in");
}

double sum_of(const std::vector<Stage>& stages) {
  double sum = 0;
  for (const Stage& stage : stages) sum += stage.seconds;
  return sum;
}

std::string steps_table(const GpuNetwork& net) {
  std::string out = "<table><tr><th>" + escaped(net.name) +
                    "</th><th>us a frame</th><th>a second</th><th>share</th></tr>\n";
  for (const GpuStep& step : net.steps)
    out += fmt::format("<tr><td>{}</td><td>{:.3f}</td><td>{}</td><td>{}</td></tr>\n", step.name,
                       1e6 * step.seconds, rate_text(1 / step.seconds), share_text(step));
  out += fmt::format(
      "<tr><td>one frame in host memory, median</td><td>{:.3f}</td><td>{}</td><td>"
      "99 % within {:.3f} us</td></tr>\n",
      1e6 * net.latency.median, rate_text(1 / net.latency.median), 1e6 * net.latency.p99);
  return out + "</table>\n";
}

/// The streaming screener's parts, and all of them at once.
std::string streamed(const GpuBench& gpu) {
  if (!gpu.networks[0].from_file) return "";
  constexpr const char* colours[] = {"#c9ced6", "#9aa1ac", "#6fbcae", "#0a8070", "#29549a"};
  double longest = 0;
  for (const GpuNetwork& net : gpu.networks) longest = std::max(longest, sum_of(net.streamed));
  std::string out = "<table><tr><th>From the file, us a frame</th>", bars;
  for (const Stage& stage : gpu.networks[0].streamed) out += "<th>" + stage.name + "</th>";
  out += "<th>all at once, frames/s</th></tr>\n";
  for (const GpuNetwork& net : gpu.networks) {
    out += "<tr><td>" + net.short_name + " network</td>";
    std::vector<BarPart> parts;
    for (const Stage& stage : net.streamed) {
      out += fmt::format("<td>{:.2f}</td>", 1e6 * stage.seconds);
      parts.push_back({stage.seconds, colours[parts.size()]});
    }
    out += "<td>" + rate_text(*net.from_file) + "</td></tr>\n";
    bars += time_bar(parts, longest);
  }
  return out + "</table>\n" + bars +
         "<p class=\"note\">Reading and decoding (grey) by one thread of the processor, the copy "
         "to "
         "the GPU by way of pinned memory (light green), its work (green), journal and list of "
         "hits "
         "(blue). While one batch is copied another is worked on and the next is read, by all "
         "threads.</p>\n";
}

}  // namespace

std::string gpu_table(const GpuBench& gpu) {
  std::string out = fmt::format("\nGPU: {}\nAt most: {}\n", gpu.name, ceilings_text(gpu.ceilings));
  for (const GpuNetwork& net : gpu.networks) {
    out += fmt::format("\n{}, on the GPU\n", net.name);
    for (const GpuStep& step : net.steps)
      out += fmt::format("  {:<44}{:>11.3f} us{:>14}/s   {}\n", step.name, 1e6 * step.seconds,
                         rate_text(1 / step.seconds), share_text(step));
    for (const Stage& stage : net.streamed)
      out +=
          fmt::format("  {:<44}{:>11.3f} us\n", "of the file: " + stage.name, 1e6 * stage.seconds);
    if (net.from_file)
      out += fmt::format("  {:<58}{:>14}/s\n", "from the file, all of that at once",
                         rate_text(*net.from_file));
    out += fmt::format("  {:<44}{:>11.3f} us, 99 % within {:.3f} us\n",
                       "one frame in host memory, median", 1e6 * net.latency.median,
                       1e6 * net.latency.p99);
    out += series_lines("the network alone, at once:", net.network_by_batch);
    out += series_lines("raw frames to scores, at once:", net.by_batch);
  }
  return out + "\nRaw frames to vectors, on the GPU\n" + series_lines("side, pixels:", gpu.by_size);
}

nlohmann::ordered_json gpu_json(const GpuBench& gpu) {
  nlohmann::ordered_json out;
  out["name"] = gpu.name;
  out["ceilings"] = ceilings_json(gpu.ceilings);
  for (const GpuNetwork& net : gpu.networks) {
    nlohmann::ordered_json of{{"name", net.name}, {"latency_s", latency_json(net.latency)}};
    for (const GpuStep& step : net.steps) {
      of["steps"].push_back({{"name", step.name}, {"seconds_per_frame", step.seconds}});
      if (!step.against.empty())
        of["steps"].back().update({{"share", step.share}, {"against", step.against}});
    }
    of["network_by_batch"] = series_json("batch", net.network_by_batch);
    of["by_batch"] = series_json("batch", net.by_batch);
    of["streamed_seconds_per_frame"] = stages_json(net.streamed);
    of["from_file_frames_per_s"] = nullptr;
    if (net.from_file) of["from_file_frames_per_s"] = *net.from_file;
    out["networks"].push_back(of);
  }
  out["raw_to_vector_by_size"] = series_json("side", gpu.by_size);
  out["roofline"] = roofline_json(gpu.roofline);
  return out;
}

std::string gpu_section(const GpuBench& gpu) {
  std::vector<RateCurve> alone, whole;
  std::string out = "<p>At most, measured: " + ceilings_text(gpu.ceilings) +
                    ". Shares are by the bytes of the pixels, each read once: of a copy within the "
                    "GPU's memory, read and written, and of copies in from pinned memory.</p>\n";
  for (const GpuNetwork& net : gpu.networks) {
    out += steps_table(net);
    alone.push_back({net.short_name + " network", net.network_by_batch});
    whole.push_back({net.short_name + " network", net.by_batch});
  }
  out += streamed(gpu) + "<div class=\"two\">\n" +
         rates_figure(whole, "frames at once", "frames/s",
                      "Raw frames in the GPU's memory to scores.") +
         rates_figure(alone, "vectors or images at once", "a second", "The networks alone.") +
         sizes_figure(gpu.by_size, "Raw frames to vectors, with their mask.") +
         roofline_figure(gpu.roofline, gpu.ceilings, escaped(gpu.name)) + "</div>\n";
  return section("On the GPU: " + escaped(gpu.name), out);
}

}  // namespace hitsieve
