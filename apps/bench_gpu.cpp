#include "apps/bench_gpu.h"

#include <cstring>
#include <deque>

#include "apps/bench_parts.h"
#include "apps/bench_timing.h"
#include "engine/parallel.h"
#include "kernels/raw_to_image.h"
#include "nets/frozen_net.h"
#include "nets/screening_stream.h"

namespace hitsieve {
namespace {

constexpr Device there = Device::cuda;
constexpr int64_t most_frames = 512, most_vectors = 65536;  // at once
constexpr int64_t most_pinned = 64;

/// N frames in the GPU's memory: those in the host's, over and over.
struct FramesOnGpu {
  FramesOnGpu(const FramesInMemory& frames, int64_t N) {
    const DeviceOps& ops = pick<DeviceOps>(there);
    const int64_t area = frames.side * frames.side, bytes = area * int64_t(size_of(frames.type));
    const int64_t masks = frames.have_one_mask() ? 1 : N;
    pixels = Tensor({N * bytes}, DType::u8, there);
    mask = Tensor({masks * area}, DType::u8, there);
    for (int64_t n = 0; n < N; ++n)
      ops.copy_in(pixels.data<uint8_t>() + n * bytes,
                  frames.pixels.data() + n % frames.count * bytes, size_t(bytes));
    for (int64_t n = 0; n < masks; ++n)
      ops.copy_in(mask.data<uint8_t>() + n * area, frames.bad.data() + n % frames.count * area,
                  size_t(area));
    raw = frames.raw(0, N);
    raw.pixels = pixels.bytes(), raw.mask = mask.data<uint8_t>();
    raw.mask_frame_stride = masks == 1 ? 0 : area;
  }
  Tensor pixels, mask;
  RawFrames raw;
};

Tensor statistics_of(int64_t N) {
  return Tensor({N * int64_t(sizeof(FrameStatistics))}, DType::u8, there);
}

/// The first N frames where the GPU fetches them from.
RawFrames pinned(const FramesInMemory& frames, int64_t N, HostBuffer& pixels, HostBuffer& masks) {
  RawFrames raw = frames.raw(0, N);
  const int64_t area = frames.side * frames.side, bytes = area * int64_t(size_of(frames.type));
  auto* to = pixels.of<uint8_t>(size_t(N * bytes));
  auto* bad = masks.of<uint8_t>(size_t(N * area));
  for (int64_t n = 0; n < N; ++n) {
    std::memcpy(to + n * bytes, frames.pixels.data() + n % frames.count * bytes, size_t(bytes));
    std::memcpy(bad + n * area, frames.bad.data() + n % frames.count * area, size_t(area));
  }
  raw.pixels = to, raw.mask = bad;
  if (frames.have_one_mask()) raw.mask_frame_stride = 0;
  return raw;
}

/// Things a second of batches of 1, `factor`, factor^2, ... until one takes as long as a
/// measurement shall, or `most`.
template <class SecondsOf>
std::vector<PlotPoint> by_batch(int64_t factor, int64_t most, double wanted,
                                SecondsOf&& seconds_of_batch) {
  std::vector<PlotPoint> points;
  for (int64_t N = 1; N <= most; N *= factor) {
    const double seconds = seconds_of_batch(N);
    points.push_back({double(N), double(N) / seconds});
    if (seconds > wanted) break;
  }
  return points;
}

class OnGpu {
 public:
  OnGpu(const BenchOptions& options, const FramesInMemory& frames, const FrameSet* set,
        const BenchResult& cpu)
      : options_(options), frames_(frames), set_(set), cpu_(cpu) {}

  GpuBench run(const std::vector<Model>& models) {
    result_.name = description(there);
    result_.ceilings = measure_gpu_ceilings();
    for (const Model& model : models) measure_network(model);
    measure_sizes();
    return result_;
  }

 private:
  double wanted() const { return options_.seconds; }
  double pixel_bytes() const {
    return double(frames_.side * frames_.side) * double(size_of(frames_.type));
  }

  void measure_network(const Model& model) {
    const Decider decider(model, there, options_.model);
    const Screener& screener = *decider.screener();
    const NetworkBench& on_cpu = cpu_.networks.at(result_.networks.size());
    GpuNetwork net;
    net.name = on_cpu.name, net.short_name = on_cpu.short_name;
    measure_networks_batches(model, net);
    measure_screening(screener, net);
    measure_preprocessing(model, net);
    net.steps.push_back(from_pinned(screener, int64_t(net.by_batch.back().x)));
    net.latency = latency_of(screener, frames_, 3 * wanted());
    if (set_) measure_file(decider, net);
    result_.networks.push_back(net);
  }

  /// The frozen network alone, from what it takes to logits.
  void measure_networks_batches(const Model& model, GpuNetwork& net) {
    const FrozenNet network(model.network, there);
    const bool images = network.images();
    const ConvNetOptions& shape = network.options();
    const auto seconds = [&](int64_t N) {
      const Tensor x =
          Tensor::zeros({shape.input(N).count() / (images ? 2 : 1)}, DType::f32, there);
      const Tensor logits({N, network.outputs()}, DType::f32, there);
      return gpu_seconds_of(wanted(), [&] {
        if (images)
          network.run_images(N, static_cast<const int16_t*>(x.bytes()), logits.data<float>());
        else
          network.run_vectors(N, static_cast<const float*>(x.bytes()), logits.data<float>());
      });
    };
    net.network_by_batch = by_batch(4, images ? most_frames : most_vectors, wanted(), seconds);
    const double second = 1 / best(net.network_by_batch);
    const double flops = 2 * double(shape.multiply_adds());
    const double bytes = double(shape.input(1).count()) * (images ? 2 : 4);
    net.steps.push_back({images ? "network, of images" : "network, of vectors", second, 0, ""});
    result_.roofline.push_back({net.short_name + " network", flops / bytes, flops / second});
  }

  static double best(const std::vector<PlotPoint>& points) {
    double most = 0;
    for (const PlotPoint& point : points) most = std::max(most, point.y);
    return most;
  }

  /// Raw frames in the GPU's memory to decisions in the host's.
  void measure_screening(const Screener& screener, GpuNetwork& net) {
    net.by_batch = by_batch(2, most_frames, wanted(), [&](int64_t N) {
      const FramesOnGpu frames(frames_, N);
      std::vector<Decision> decisions(size_t(N), Decision{});
      return gpu_seconds_of(wanted(), [&] { screener.screen(frames.raw, decisions, there); });
    });
    const double rate = best(net.by_batch);
    net.steps.push_back({"raw frames in GPU memory to scores", 1 / rate,
                         rate * pixel_bytes() / result_.ceilings.copy, "copy"});
  }

  void measure_preprocessing(const Model& model, GpuNetwork& net) {
    const int64_t N = int64_t(net.by_batch.back().x), length = model.preprocessing.length();
    const bool images = model.network.options().dimensions == 2;
    const FramesOnGpu frames(frames_, N);
    const Tensor statistics = statistics_of(N);
    const Tensor x(images ? Shape{N, length, length} : Shape{N, length},
                   images ? DType::i16 : DType::f32, there);
    auto* of = static_cast<FrameStatistics*>(statistics.bytes());
    const double seconds =
        gpu_seconds_of(wanted(),
                       [&] {
                         const LcnOptions& lcn = model.preprocessing.lcn;
                         if (!images)
                           return raw_to_vector(frames.raw, lcn, there, x.data<float>(), of);
                         raw_to_image(frames.raw, lcn, there, x.data<int16_t>(), of);
                         noise_scale(x, model.preprocessing.noise);
                       }) /
        double(N);
    net.steps.insert(net.steps.begin(),
                     {images ? "raw to image, by its noise" : "raw to vector", seconds,
                      pixel_bytes() / seconds / result_.ceilings.copy, "copy"});
    const double work = operations_of_a_pixel * double(frames_.side * frames_.side);
    result_.roofline.push_back(
        {"preprocess " + net.short_name, work / pixel_bytes(), work / seconds});
  }

  /// Raw frames in pinned memory to scores: while some are copied, others are worked on.
  GpuStep from_pinned(const Screener& screener, int64_t most) {
    const int64_t N = std::min(most, most_pinned);
    HostBuffer pixels(there), masks(there);
    const RawFrames raw = pinned(frames_, N, pixels, masks);
    std::deque<ScreeningStream> streams;
    for (int i = 0; i < 3; ++i) streams.emplace_back(screener);
    std::vector<Decision> decisions(size_t(N), Decision{});
    size_t turn = 0;
    const auto next = [&] {
      ScreeningStream& stream = streams[turn++ % streams.size()];
      stream.receive({decisions.data(), size_t(stream.sent())});
      stream.send_pinned(raw);
    };
    for (size_t i = 0; i < streams.size(); ++i) next();
    const auto start = Clock::now();
    int64_t done = 0;
    for (; done < 3 * N || since(start) < wanted(); done += N) poll_interrupt(), next();
    const double rate = double(done) / since(start);
    for (ScreeningStream& stream : streams)
      stream.receive({decisions.data(), size_t(stream.sent())});
    return {"raw frames in pinned host memory to scores", 1 / rate,
            rate * pixel_bytes() / result_.ceilings.copy_in, "copy in"};
  }

  /// The parts of `hitsieve screen --device cuda`, one by one in batches as it takes them, and all
  /// at once.
  void measure_file(const Decider& decider, GpuNetwork& net) {
    const int64_t N = frames_.count, bytes = int64_t(pixel_bytes());
    const Tensor memory({N * bytes}, DType::u8, there);
    HostBuffer host(there);
    const double copy = seconds_of(wanted(), By::clock, [&] {
      auto* to = host.of<std::byte>(size_t(N * bytes));
      parallel_for(N, 1, [&](int64_t n, int64_t) {
        std::memcpy(to + n * bytes, frames_.pixels.data() + n * bytes, size_t(bytes));
      });
      pick<StreamOps>(there).copy_in(memory.bytes(), to, size_t(N * bytes));
      pick<DeviceOps>(there).synchronize();
    });
    const FramesOnGpu frames(frames_, N);
    std::vector<Decision> decisions(size_t(N), Decision{});
    const double compute = seconds_of(
        wanted(), By::clock, [&] { decider.screener()->screen(frames.raw, decisions, there); });
    net.streamed = cpu_.file_stages;
    net.streamed.push_back({"copy", copy / double(N)});
    net.streamed.push_back({"compute", compute / double(N)});
    net.streamed.push_back({"write", seconds_of_writing(*set_, options_.folder)});
    net.from_file = rate_from_file(*set_, decider, 5 * wanted());
  }

  /// Raw frames to vectors, as many as have the pixels of 256 usual ones.
  void measure_sizes() {
    for (int64_t side : bench_sides) {
      const FramesInMemory one = frames_.of_side(side, 1);
      double longest = 0;
      const auto seconds = [&](int64_t N) {
        const FramesOnGpu frames(one, N);
        const Tensor vectors({N, side - 4}, DType::f32, there), statistics = statistics_of(N);
        return longest = gpu_seconds_of(wanted(), [&] {
                 raw_to_vector(frames.raw, Preprocessing{}.lcn, there, vectors.data<float>(),
                               static_cast<FrameStatistics*>(statistics.bytes()));
               });
      };
      const auto points = by_batch(16, 256 * 724 * 724 / (side * side), wanted() / 10, seconds);
      result_.by_size.push_back({double(side), best(points)});
      if (points.size() == 1 && longest > wanted()) break;  // larger ones take too long
    }
  }

  const BenchOptions& options_;
  const FramesInMemory& frames_;
  const FrameSet* set_;
  const BenchResult& cpu_;
  GpuBench result_;
};

}  // namespace

GpuBench measure_gpu(const BenchOptions& options, const std::vector<Model>& models,
                     const FramesInMemory& frames, const FrameSet* set, const BenchResult& cpu) {
  return OnGpu(options, frames, set, cpu).run(models);
}

}  // namespace hitsieve
