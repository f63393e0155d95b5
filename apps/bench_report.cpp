// The table and the numbers of `hitsieve bench`.
#include <spdlog/fmt/fmt.h>

#include "apps/bench.h"
#include "apps/bench_figures.h"
#include "apps/bench_gpu.h"
#include "apps/bench_series.h"
#include "engine/checkpoint.h"

namespace hitsieve {
namespace {

std::string stage_line(const std::string& name, double seconds) {
  return fmt::format("  {:<34}{:>10.3f} ms{:>12} frames/s\n", name, 1e3 * seconds,
                     rate_text(1 / seconds));
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
    out += fmt::format("  {:<34}{:>25} frames/s\n",
                       fmt::format("from the file, {} threads", result.threads),
                       rate_text(*net.from_file));
  out += fmt::format("  {:<34}{:>10.3f} ms, 99 % within {:.3f} ms\n", "one frame in memory, median",
                     1e3 * net.latency.median, 1e3 * net.latency.p99);
  return out + series_lines("in memory, threads:", net.by_threads) +
         series_lines("all threads, frames at once:", net.by_batch);
}

nlohmann::ordered_json to_json(const NetworkBench& net) {
  nlohmann::ordered_json out;
  out["name"] = net.name;
  out["seconds_per_frame"] = stages_json(net.stages);
  out["latency_s"] = latency_json(net.latency);
  out["by_threads"] = series_json("threads", net.by_threads);
  out["by_batch"] = series_json("batch", net.by_batch);
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
  return result.gpu ? out + gpu_table(*result.gpu) : out;
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
  out["file_seconds_per_frame"] = stages_json(result.file_stages);
  for (const NetworkBench& net : result.networks) out["networks"].push_back(to_json(net));
  out["raw_to_vector_by_size"] = series_json("side", result.by_size);
  out["ceilings"] = {{"one_thread", ceilings_json(result.core)},
                     {"all_threads", ceilings_json(result.all)}};
  out["roofline"] = roofline_json(result.roofline);
  if (result.gpu) out["gpu"] = gpu_json(*result.gpu);
  out["seconds"] = result.seconds;
  return out;
}

}  // namespace hitsieve
