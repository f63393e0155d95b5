#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <memory>

#include "apps/bench.h"
#include "apps/bench_frames.h"
#include "apps/interrupt.h"
#include "apps/progress.h"
#include "data/frame_reader.h"
#include "data/prepare.h"
#include "engine/parallel.h"
#include "kernels/raw_to_image.h"
#include "nets/screener.h"
#include "nets/train.h"

namespace hitsieve {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, size_t(q * double(values.size())))];
}

/// Seconds that this thread worked: what others do on its core meanwhile does not count.
double worked() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

enum class By { clock, own_work };

/// The median over calls that together take about `wanted` seconds, at least three, after one that
/// does not count.
template <class Body>
double seconds_of(double wanted, By by, Body&& body) {
  body();
  std::vector<double> took;
  for (const auto start = Clock::now(); took.size() < 3 || since(start) < wanted;) {
    poll_interrupt();
    const auto call = Clock::now();
    const double before = worked();
    body();
    took.push_back(by == By::own_work ? worked() - before : since(call));
  }
  return quantile(took, 0.5);
}

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
    if (set_) measure_file();
    for (const Model& model : models_) measure_network(model);
    measure_sizes();
    set_threads(result_.threads);
    result_.seconds = since(start);
    return result_;
  }

 private:
  double wanted() const { return options_.seconds; }

  /// Reading and decoding frame by frame, on one thread.
  void measure_file() {
    const FrameSet& set = *set_;
    result_.storage = set.source(0)->info().storage;
    std::vector<double> read, decode;
    EncodedFrame encoded;
    Frame frame;
    const auto start = Clock::now();
    for (int64_t i = 0; read.size() < 3 || since(start) < 2 * wanted(); i = (i + 1) % set.size()) {
      poll_interrupt();
      const auto source = set.source(i);
      const Region region = central(source->info().shape, crop_);
      const auto before = Clock::now();
      source->fetch(set.address(i).frame, region, encoded);
      read.push_back(since(before));  // it waits for the disk
      const double start_of_decoding = worked();
      source->decode(encoded, frame);
      decode.push_back(worked() - start_of_decoding);
    }
    result_.file_stages = {{"read", quantile(read, 0.5)}, {"decode", quantile(decode, 0.5)}};
  }

  void measure_network(const Model& model) {
    const bool images = model.network.options().dimensions == 2;
    NetworkBench net;
    net.short_name = images ? "2D" : "1D";
    net.name = net.short_name + (options_.model.empty() ? " network of random weights"
                                                        : " network of " + options_.model);
    const Screener screener(model);
    set_threads(1);
    measure_stages(model, screener, images, net);
    measure_latency(screener, net);
    measure_threads_and_batches(screener, net);
    if (set_) net.from_file = from_file(screener);
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
    // Of preprocessing: sums of p and p^2 (3), then of a window's rows and columns (2 x 4), m, the
    // variance, the quotient (7) and the row's ends (2).
    const double pixel_bytes = double(frames_.side * frames_.side) * double(size_of(frames_.type));
    const double work = 20 * double(frames_.side * frames_.side);
    result_.roofline.push_back(
        {"preprocess " + net.short_name, work / pixel_bytes, work * double(N) / preprocessing});
    const double flops = 2 * double(model.network.options().multiply_adds());
    const double bytes = double(elements) * double(size_of(x.dtype()));
    result_.roofline.push_back(
        {net.short_name + " network", flops / bytes, flops * double(N) / network});
  }

  void measure_latency(const Screener& screener, NetworkBench& net) {
    std::vector<double> took;
    Decision decision;
    const auto start = Clock::now();
    for (int64_t n = 0; took.size() < 3 || since(start) < 3 * wanted();
         n = (n + 1) % frames_.count) {
      poll_interrupt();
      const auto call = Clock::now();
      screener.screen(frames_.raw(n, 1), {&decision, 1});
      took.push_back(since(call));
    }
    took.erase(took.begin());  // allocates
    net.latency = {quantile(took, 0.5), quantile(took, 0.99), quantile(took, 1), std::ssize(took)};
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

  /// All steps at once on all threads, as `hitsieve screen` goes about it.
  double from_file(const Screener& screener) {
    std::vector<ReadFrame> batch(size_t(std::clamp(4 * threads(), 8, int(most_in_memory))));
    int64_t done = 0;
    const auto start = Clock::now();
    do {
      FrameReader reader(*set_, {.crop = crop_, .threads = threads(), .ahead = most_in_memory});
      for (int64_t count = 1; count > 0 && since(start) < 5 * wanted(); done += count) {
        poll_interrupt();
        for (count = 0; count < std::ssize(batch) && reader.next(batch[size_t(count)]);) ++count;
        parallel_for(count, 1, [&](int64_t i, int64_t) {
          Decision decision;
          screener.screen(raw_frames(batch[size_t(i)].frame), {&decision, 1});
        });
      }
    } while (since(start) < 5 * wanted());
    return double(done) / since(start);
  }

  /// Frames of any size, made of the pixels there are: the rates depend on their number alone.
  void measure_sizes() {
    set_threads(result_.threads);
    for (int64_t side : {128, 256, 512, 724, 1024, 1448, 1920}) {
      FramesInMemory frames{.type = frames_.type, .side = side, .range = frames_.range};
      const size_t bytes = size_t(side * side) * size_of(frames_.type);
      std::vector<std::byte> frame;
      while (frame.size() < bytes) {
        const size_t some = std::min(bytes - frame.size(), frames_.pixels.size());
        frame.insert(frame.end(), frames_.pixels.begin(), frames_.pixels.begin() + some);
      }
      const int64_t N = std::max<int64_t>(result_.threads, 8 * 724 * 724 / (side * side));
      for (int64_t n = 0; n < N; ++n) frames.add(frame.data(), nullptr);
      std::vector<float> vectors(size_t(N * (side - 4)));
      std::vector<FrameStatistics> statistics(size_t(N), FrameStatistics{});
      const double seconds = seconds_of(wanted(), By::clock, [&] {
        raw_to_vector(frames.raw(0, N), {}, Device::cpu, vectors.data(), statistics.data());
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
