// The table and the numbers of `hitsieve bench`.
#include <spdlog/fmt/fmt.h>

#include "apps/bench.h"
#include "apps/progress.h"
#include "engine/checkpoint.h"

namespace hitsieve {
namespace {

std::string rate(double per_second) { return with_commas(int64_t(per_second + 0.5)); }

std::string stage_line(const std::string& name, double seconds) {
  return fmt::format("  {:<34}{:>10.3f} ms{:>12} frames/s\n", name, 1e3 * seconds,
                     rate(1 / seconds));
}

std::string series_lines(const std::string& what, const std::vector<PlotPoint>& points) {
  std::string out;
  for (const PlotPoint& point : points)
    out += fmt::format("  {:<34}{:>25} frames/s\n", fmt::format("{} {:.0f}", what, point.x),
                       rate(point.y));
  return out;
}

std::string network_lines(const NetworkBench& net, const BenchResult& result) {
  std::string out = fmt::format("\n{}\n", net.name);
  double sum = 0;
  for (const Stage& stage : net.stages) {
    out += stage_line(stage.name + ", one thread", stage.seconds);
    sum += stage.seconds;
  }
  for (const Stage& stage : result.file_stages) sum += stage.seconds;
  out += stage_line(result.file_stages.empty() ? "both" : "all steps one after another", sum);
  if (net.from_file)
    out +=
        fmt::format("  {:<34}{:>25} frames/s\n",
                    fmt::format("from the file, {} threads", result.threads), rate(*net.from_file));
  out += fmt::format("  {:<34}{:>10.3f} ms, 99 % within {:.3f} ms\n", "one frame in memory, median",
                     1e3 * net.latency.median, 1e3 * net.latency.p99);
  return out + series_lines("in memory, threads:", net.by_threads) +
         series_lines("all threads, frames at once:", net.by_batch);
}

nlohmann::ordered_json series(const std::string& name, const std::vector<PlotPoint>& points) {
  auto out = nlohmann::ordered_json::array();
  for (const PlotPoint& point : points)
    out.push_back({{name, int64_t(point.x)}, {"frames_per_s", point.y}});
  return out;
}

nlohmann::ordered_json stages(const std::vector<Stage>& all) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const Stage& stage : all) out[stage.name] = stage.seconds;
  return out;
}

nlohmann::ordered_json to_json(const Ceilings& ceilings) {
  return {{"copy_bytes_per_s", ceilings.copy},
          {"triad_bytes_per_s", ceilings.triad},
          {"flops_per_s", ceilings.flops}};
}

nlohmann::ordered_json to_json(const NetworkBench& net) {
  nlohmann::ordered_json out;
  out["name"] = net.name;
  out["seconds_per_frame"] = stages(net.stages);
  out["latency_s"] = {{"median", net.latency.median},
                      {"p99", net.latency.p99},
                      {"longest", net.latency.longest},
                      {"frames", net.latency.frames}};
  out["by_threads"] = series("threads", net.by_threads);
  out["by_batch"] = series("batch", net.by_batch);
  out["from_file_frames_per_s"] = nullptr;
  if (net.from_file) out["from_file_frames_per_s"] = *net.from_file;
  return out;
}

}  // namespace

std::string bench_table(const BenchResult& result) {
  std::string out =
      fmt::format("{}, {} threads\n{} x {} pixels, {}: {}\n", result.processor, result.threads,
                  result.crop, result.crop, result.pixel_type, result.frames);
  if (!result.file_stages.empty()) out += fmt::format("\nThe file: {}\n", result.storage);
  for (const Stage& stage : result.file_stages)
    out += stage_line(stage.name + ", one thread", stage.seconds);
  for (const NetworkBench& net : result.networks) out += network_lines(net, result);
  out += "\nRaw frames to vectors, all threads\n" + series_lines("side, pixels:", result.by_size);
  const auto ceiling = [](const char* of, const Ceilings& c) {
    return fmt::format("  {:<12} memory {:>7.1f} GB/s, multiply-adds {:>8.1f} GFLOP/s\n", of,
                       c.bandwidth() / 1e9, c.flops / 1e9);
  };
  out += "\nAt most\n" + ceiling("one thread", result.core) + ceiling("all threads", result.all);
  out += "\nShare of that, one thread\n";
  for (const RooflinePoint& point : result.roofline)
    out += fmt::format("  {:<34}{:>6.1f} % of the memory's, {:>5.1f} % of the multiply-adds'\n",
                       point.name, 100 * point.flops / point.intensity / result.core.bandwidth(),
                       100 * point.flops / result.core.flops);
  return out;
}

nlohmann::ordered_json bench_json(const BenchResult& result) {
  nlohmann::ordered_json out;
  out["hitsieve"] = version();
  out["processor"] = result.processor;
  out["threads"] = result.threads;
  out["frames"] = {{"source", result.frames},
                   {"side", result.crop},
                   {"pixel_type", result.pixel_type},
                   {"storage", result.storage},
                   {"in_memory", result.frames_in_memory}};
  out["file_seconds_per_frame"] = stages(result.file_stages);
  for (const NetworkBench& net : result.networks) out["networks"].push_back(to_json(net));
  out["raw_to_vector_by_size"] = series("side", result.by_size);
  out["ceilings"] = {{"one_thread", to_json(result.core)}, {"all_threads", to_json(result.all)}};
  for (const RooflinePoint& point : result.roofline)
    out["roofline"].push_back(
        {{"name", point.name}, {"flops_per_byte", point.intensity}, {"flops_per_s", point.flops}});
  out["seconds"] = result.seconds;
  return out;
}

}  // namespace hitsieve
