#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>

#include "apps/bench.h"
#include "apps/bench_frames.h"
#include "apps/bench_gpu.h"
#include "apps/bench_parts.h"
#include "apps/bench_timing.h"
#include "apps/progress.h"
#include "engine/parallel.h"
#include "kernels/raw_to_image.h"
#include "nets/screener.h"
#include "nets/train.h"

namespace hitsieve {
namespace {

std::string processor() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

class Bench {
 public:
  explicit Bench(const BenchOptions& options) : options_(options) {
    if (!options.model.empty()) {
      models_.push_back(Model::load(options.model));
    } else {
      for (const char* method : {"rwd", "cnn"}) {
        models_.emplace_back(Preprocessing{}, ConvNet(method_options(method).network, {.seed = 1}));
        models_.back().method = method;
      }
    }
    crop_ = models_[0].preprocessing.crop;
    if (!options.input.paths.empty()) set_.emplace(open_frames(options.input));
    frames_ = set_ ? first_frames(*set_, crop_) : simulated_frames(crop_);
  }

  BenchResult run() {
    const auto start = Clock::now();
    result_.processor = processor(), result_.threads = threads();
    result_.crop = crop_, result_.frames_in_memory = frames_.count;
    result_.pixel_type = text(frames_.type);
    result_.frames = set_ ? options_.input.paths[0] : "simulated frames in memory, like LN84";
    result_.core = measure_ceilings(false);
    result_.all = result_.threads > 1 ? measure_ceilings(true) : result_.core;
    if (set_) {
      result_.storage = set_->source(0)->info().storage;
      result_.file_stages = read_and_decode(*set_, crop_, 2 * wanted());
    }
    for (const Model& model : models_) measure_network(model);
    measure_sizes();
    set_threads(result_.threads);
    if (device_of(options_.device) == Device::cuda)
      result_.gpu = measure_gpu(options_, models_, frames_, set_ ? &*set_ : nullptr, result_);
    result_.seconds = since(start);
    return result_;
  }

 private:
  double wanted() const { return options_.seconds; }

  void measure_network(const Model& model) {
    const bool images = model.network.options().dimensions == 2;
    NetworkBench net;
    net.short_name = images ? "2D" : "1D";
    net.name = net.short_name + (options_.model.empty() ? " network of random weights"
                                                        : " network of " + options_.model);
    const Decider decider(model, Device::cpu, options_.model);
    const Screener& screener = *decider.screener();
    set_threads(1);
    measure_stages(model, screener, images, net);
    net.latency = latency_of(screener, frames_, 3 * wanted());
    measure_threads_and_batches(screener, net);
    if (set_) net.from_file = rate_from_file(*set_, decider, 5 * wanted());
    result_.networks.push_back(net);
  }

  void measure_stages(const Model& model, const Screener& screener, bool images,
                      NetworkBench& net) {
    const int64_t N = std::min<int64_t>(frames_.count, images ? 4 : 16);
    const int64_t length = model.preprocessing.length(),
                  elements = images ? length * length : length;
    const RawFrames raw = frames_.raw(0, N);
    std::vector<FrameStatistics> statistics(size_t(N), FrameStatistics{});
    const Tensor x(model.network.options().input(N), images ? DType::i16 : DType::f32);
    const double preprocessing = seconds_of(wanted(), By::own_work, [&] {
      const LcnOptions& lcn = model.preprocessing.lcn;
      if (!images) return raw_to_vector(raw, lcn, Device::cpu, x.data<float>(), statistics.data());
      raw_to_image(raw, lcn, Device::cpu, x.data<int16_t>(), statistics.data());
      noise_scale(x, model.preprocessing.noise);
    });
    const double network = seconds_of(wanted(), By::own_work, [&] { screener.log_odds(x); });
    net.stages = {{"preprocess", preprocessing / double(N)}, {"network", network / double(N)}};
    const double pixel_bytes = double(frames_.side * frames_.side) * double(size_of(frames_.type));
    const double work = operations_of_a_pixel * double(frames_.side * frames_.side);
    result_.roofline.push_back(
        {"preprocess " + net.short_name, work / pixel_bytes, work * double(N) / preprocessing});
    const double flops = 2 * double(model.network.options().multiply_adds());
    const double bytes = double(elements) * double(size_of(x.dtype()));
    result_.roofline.push_back(
        {net.short_name + " network", flops / bytes, flops * double(N) / network});
  }

  double rate(const Screener& screener, int64_t batch) {
    std::vector<Decision> decisions(size_t(batch), Decision{});
    const RawFrames raw = frames_.raw(0, batch);
    return double(batch) /
           seconds_of(wanted(), By::clock, [&] { screener.screen(raw, decisions); });
  }

  void measure_threads_and_batches(const Screener& screener, NetworkBench& net) {
    for (int count = 1;; count = std::min(2 * count, result_.threads)) {
      set_threads(count);
      net.by_threads.push_back({double(count), rate(screener, frames_.count)});
      if (count == result_.threads) break;
    }
    for (int64_t batch = 1; batch <= frames_.count; batch *= 2)
      net.by_batch.push_back({double(batch), rate(screener, batch)});
  }

  void measure_sizes() {
    set_threads(result_.threads);
    for (int64_t side : bench_sides) {
      const int64_t N = std::max<int64_t>(result_.threads, 8 * 724 * 724 / (side * side));
      const FramesInMemory frames = frames_.of_side(side, N);
      std::vector<float> vectors(size_t(N * (side - 4)));
      std::vector<FrameStatistics> statistics(size_t(N), FrameStatistics{});
      const double seconds = seconds_of(wanted(), By::clock, [&] {
        raw_to_vector(frames.raw(0, N), Preprocessing{}.lcn, Device::cpu, vectors.data(),
                      statistics.data());
      });
      result_.by_size.push_back({double(side), double(N) / seconds});
    }
  }

  BenchOptions options_;
  std::vector<Model> models_;
  int64_t crop_ = 0;
  std::optional<FrameSet> set_;
  FramesInMemory frames_;
  BenchResult result_;
};

}  // namespace

BenchResult measure(const BenchOptions& options) { return Bench(options).run(); }

}  // namespace hitsieve
