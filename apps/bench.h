// What `hitsieve bench` measures on a user's machine, file and model, and how it is shown.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/ceilings.h"
#include "apps/inputs.h"
#include "apps/plot.h"

namespace hitsieve {

struct BenchOptions {
  InputOptions input;          ///< no paths: simulated frames
  std::string model;           ///< empty: a network of random weights of each kind
  std::string device = "cpu";  ///< cuda: the GPU too
  std::string folder = "hitsieve-bench";
  double seconds = 0.3;  ///< of a measurement, about
  bool overwrite = false;
};

/// Seconds that one frame takes on one thread.
struct Stage {
  std::string name;
  double seconds;
};

/// One frame at a time on one thread, frame after frame: seconds.
struct Latency {
  double median = 0, p99 = 0, longest = 0;
  int64_t frames = 0;
};

/// Work and traffic of a stage, on one thread.
struct RooflinePoint {
  std::string name;
  double intensity, flops;  ///< operations a byte, and a second
};

/// One kind of network, on frames in memory unless said.
struct NetworkBench {
  std::string name, short_name;  ///< "1D network of random weights", "1D"
  std::vector<Stage> stages;     ///< preprocessing, network
  Latency latency;
  std::vector<PlotPoint> by_threads, by_batch;  ///< frames/s
  std::optional<double> from_file;              ///< frames/s on all threads, reading included
};

/// A step on the GPU, of many frames at once.
struct GpuStep {
  std::string name;
  double seconds = 0;   ///< a frame
  double share = 0;     ///< of the bandwidth of `against`, by the bytes of its pixels
  std::string against;  ///< "copy", "copy in"; empty: nothing
};

/// One kind of network on the GPU.
struct GpuNetwork {
  std::string name, short_name;
  std::vector<GpuStep> steps;
  Latency latency;                                    ///< of a frame in host memory
  std::vector<PlotPoint> network_by_batch, by_batch;  ///< the network alone; raw frames to scores
  std::vector<Stage> streamed;                        ///< from read to written; none without a file
  std::optional<double> from_file;                    ///< frames/s, all of that at once
};

struct GpuBench {
  std::string name;
  Ceilings ceilings;
  std::vector<GpuNetwork> networks;
  std::vector<PlotPoint> by_size;
  std::vector<RooflinePoint> roofline;
};

struct BenchResult {
  std::string processor, frames, pixel_type;
  int threads = 0;
  int64_t crop = 0, frames_in_memory = 0;
  std::vector<Stage> file_stages;  ///< read, decode; none without a file
  std::string storage;             ///< of the file
  std::vector<NetworkBench> networks;
  std::vector<PlotPoint> by_size;  ///< side of a frame -> raw frames to vectors a second
  Ceilings core, all;
  std::vector<RooflinePoint> roofline;
  std::optional<GpuBench> gpu;  ///< when it was asked for
  double seconds = 0;           ///< that all of it took
};

BenchResult measure(const BenchOptions& options);

std::string bench_table(const BenchResult& result);
nlohmann::ordered_json bench_json(const BenchResult& result);
std::string bench_page(const BenchResult& result);

}  // namespace hitsieve
