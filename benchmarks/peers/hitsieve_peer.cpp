// One named piece of hitsieve's work, for compare.py, which has another program do the same work
// and lets the two take turns. Sets up, prints "ready", and then does the work once for every line
// that it reads, printing the seconds it took; each time as often as it takes to fill 0.1 s. At the
// end of its input it leaves what the work gave in FOLDER/WORK.out, as plain float32.
//   hitsieve_peer FOLDER WORK [cpu|cuda] [THREADS]
// WORK = setup comes first and leaves in FOLDER what the others start from, simulated frames and
// random networks: frames.u16 (N, 724, 724), vectors.f32 (N, 720), scaled by their baseline,
// images.i16 (N, 720, 720), scaled by their noise, and of both networks the model file and
// net*.f32, its tensors one after another.
#include <ctime>
#include <iostream>
#include <memory>

#include "benchmarks/peers/peer.h"
#include "data/simulate.h"
#include "engine/parallel.h"
#include "engine/repeated_work.h"
#include "engine/tape.h"
#include "kernels/baseline_scale.h"
#include "kernels/noise_scale.h"
#include "kernels/raw_to_image.h"
#include "kernels/raw_to_vector.h"
#include "kernels/softmax_cross_entropy.h"
#include "nets/frozen_net.h"
#include "nets/optimizer.h"
#include "nets/screener.h"
#include "nets/step_input.h"
#include "nets/train.h"

namespace hitsieve::peer {
namespace {

void write_networks(const Place& place) {
  for (const std::string dimensions : {"1d", "2d"}) {
    ConvNet net = network(dimensions);
    std::vector<float> all;
    net.visit([&](const std::string&, Tensor& tensor, Role) {
      const std::vector<float> values = tensor.values<float>();
      all.insert(all.end(), values.begin(), values.end());
    });
    write(place, "net" + dimensions + ".f32", all);
    Model model({}, net);
    model.method = dimensions == "1d" ? "rwd" : "cnn";
    model.save(place.path("model" + dimensions + ".h5"), true);
  }
}

void write_frames(const Place& place) {
  constexpr int64_t frames = 64, images = 32, copies_of_vectors = 16;
  const Simulator simulator(simulated_set("LN84"), frames, 1, side);
  std::vector<uint16_t> pixels(size_t(frames * side * side));
  parallel_for(frames, 1, [&](int64_t n, int64_t) {
    const std::vector<int32_t> made = simulator.frame(n).pixels;
    std::copy(made.begin(), made.end(), pixels.begin() + n * side * side);
  });
  write(place, "frames.u16", pixels);
  const Tensor raw = Tensor::of<uint16_t>({frames, side, side}, pixels);
  const Preprocessing how;
  std::vector<float> vectors,
      some =
          baseline_scale(raw_to_vector(raw, {}, {}, how.lcn).vectors, how.baseline).values<float>();
  for (int64_t i = 0; i < copies_of_vectors; ++i)
    vectors.insert(vectors.end(), some.begin(), some.end());
  write(place, "vectors.f32", vectors);
  RawFrames first = raw_frames("peer", raw, {}, {});
  first.N = images;
  const Tensor stored({images, length, length}, DType::i16);
  std::vector<FrameStatistics> statistics(images);
  raw_to_image(first, how.lcn, Device::cpu, stored.data<int16_t>(), statistics.data());
  noise_scale(stored, how.noise);
  write(place, "images.i16", stored.values<int16_t>());
}

Work set_up(const Place& place) {
  write_networks(place);
  write_frames(place);
  return {[] {}, 1, [] { return std::vector<float>(); }};
}

/// Raw pixels to vectors, the fused operation.
Work preprocess(const Place& place) {
  const Tensor frames = read<uint16_t>(place, "frames.u16", {side, side});
  const int64_t N = frames.shape()[0];
  const RawFrames raw = raw_frames("peer", frames, {}, {});
  const Tensor vectors({N, length}, DType::f32, place.device);
  const Tensor statistics({N * int64_t(sizeof(FrameStatistics))}, DType::u8, place.device);
  const LcnOptions lcn = Preprocessing{}.lcn;
  return {[=] {
            (void)frames;
            raw_to_vector(raw, lcn, place.device, vectors.data<float>(),
                          static_cast<FrameStatistics*>(statistics.bytes()));
          },
          N, [=] { return vectors.values<float>(); }};
}

/// The frozen 1D network on vectors that are scaled already.
Work infer_1d(const Place& place, Precision precision) {
  const auto net = std::make_shared<FrozenNet>(network("1d"), place.device, precision);
  const Tensor x = read<float>(place, "vectors.f32", {length});
  const int64_t N = x.shape()[0];
  const Tensor logits({N, net->outputs()}, DType::f32, place.device);
  return {[=] { net->run_vectors(N, x.data<float>(), logits.data<float>()); }, N,
          [=] { return logits.values<float>(); }};
}

/// The frozen 2D network, on images as they are stored.
Work infer_2d(const Place& place, Precision precision) {
  const auto net = std::make_shared<FrozenNet>(network("2d"), place.device, precision);
  const Tensor x = read<int16_t>(place, "images.i16", {length, length});
  const int64_t N = x.shape()[0];
  const Tensor logits({N, net->outputs()}, DType::f32, place.device);
  return {[=] { net->run_images(N, x.data<int16_t>(), logits.data<float>()); }, N,
          [=] { return logits.values<float>(); }};
}

constexpr int64_t steps_brought = 1024;

struct Training {
  ConvNet net;
  Optimizer optimizer;
  Tensor x, classes;
  Mode mode{.training = true, .seed = 1};
  StepInput numbers{};
  std::vector<float> losses{};
  std::unique_ptr<RepeatedWork> repeated{};  // last: what it replays uses all of these
};

/// Forward, backward and Adam, at the batch of hitsieve train and, on a GPU, replayed as there.
/// What it gives without dropout, one by one then, are the losses of the first steps: the same
/// elsewhere.
Work train_steps(const Place& place, const std::string& dimensions, bool dropout) {
  const int64_t N = method_options(dimensions == "1d" ? "rwd" : "cnn").settings.batch;
  ConvNet net = network(dimensions, place.device, dropout);
  const AdamOptions adam{.learning_rate = 0, .weight_decay = 1e-3};
  const auto s =
      std::make_shared<Training>(Training{net, Optimizer(net.parameters(), adam), {}, {}});
  const Place host{place.folder, Device::cpu};
  s->x = Tensor(net.options().input(N), DType::f32);
  if (dimensions == "1d") {
    const Tensor vectors = read<float>(host, "vectors.f32", {length});
    std::copy_n(vectors.data<float>(), s->x.count(), s->x.data<float>());
  } else {
    const Tensor images = read<int16_t>(host, "images.i16", {length, length});
    unpack_images(s->x.count(), images.data<int16_t>(), s->x.data<float>());
  }
  s->x = s->x.to(place.device);
  std::vector<int32_t> classes;
  for (int64_t n = 0; n < N; ++n) classes.push_back(int32_t(n % 3));
  s->classes = Tensor::of<int32_t>({N}, classes, place.device);
  s->mode.before = Tensor::zeros({}, DType::f64, place.device);
  s->repeated = std::make_unique<RepeatedWork>(place.device);
  const auto one = [s = s.get(), dropout] {
    Tape tape;
    const Tensor loss =
        softmax_cross_entropy(s->net(s->x, s->mode), s->classes, {}, BadTargets::nan);
    tape.backward(loss);
    s->optimizer.update(s->numbers.now());
    end_step(s->mode);
    if (!dropout && s->losses.size() < 8) s->losses.push_back(loss.values<float>()[0]);
  };
  const auto step = [=, at = steps_brought]() mutable {  // many steps' numbers at once, as there
    if (at == steps_brought) {
      std::vector<double> numbers;
      for (at = 0; std::ssize(numbers) < 3 * steps_brought;)
        for (const double number : s->optimizer.begin_step(1e-3)) numbers.push_back(number);
      s->numbers.bring<double>({3}, numbers, place.device);
    }
    s->numbers.load(at++);
    (*s->repeated)(one, dropout);
  };
  return {step, N, [=] { return s->losses; }};
}

Work named(const std::string& name, const Place& place) {
  if (name == "setup") return set_up(place);
  if (name == "preprocess") return preprocess(place);
  for (const Precision precision : {Precision::float32, Precision::tf32, Precision::bf16}) {
    const std::string in = precision == Precision::float32 ? "" : text('-', precision);
    if (name == "infer1d" + in) return infer_1d(place, precision);
    if (name == "infer2d" + in) return infer_2d(place, precision);
  }
  if (name == "screen") return screen(place);
  if (name == "screen_host") return screen_from_host(place);
  if (name == "train1d" || name == "train2d") return train_steps(place, name.substr(5), true);
  if (name == "losses1d" || name == "losses2d") return train_steps(place, name.substr(6), false);
  if (name == "copy_in") return copy_in(place);
  check(name == "copy", "there is no work \"", name, "\"");
  return copy(place);
}

double now(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// Prints the seconds of one run, over as many as fill 0.1 s, and those that the processor's cores
/// worked for it.
void print_seconds(const Work& work, Device device) {
  const double start = now(CLOCK_MONOTONIC), cpu_start = now(CLOCK_PROCESS_CPUTIME_ID);
  double took = 0;
  int64_t runs = 0, look_at = 1;
  while (took < 0.1) {
    for (; runs < look_at; ++runs) work.run();
    pick<DeviceOps>(device).synchronize();
    took = now(CLOCK_MONOTONIC) - start;
    look_at *= 2;
  }
  const double cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
  std::cout << took / double(runs) << ' ' << cpu / double(runs) << std::endl;
}

void take_turns(const Place& place, const std::string& name) {
  const Work work = named(name, place);
  work.run();  // what is found or allocated at a first run
  pick<DeviceOps>(place.device).synchronize();
  std::cout << "ready " << work.items << std::endl;
  for (std::string line; std::getline(std::cin, line);) print_seconds(work, place.device);
  write(place, name + ".out", work.result());
}

}  // namespace
}  // namespace hitsieve::peer

int main(int argc, char** argv) {
  using namespace hitsieve;
  using namespace hitsieve::peer;
  try {
    check(argc >= 3 && argc <= 5, "hitsieve_peer FOLDER WORK [cpu|cuda] [THREADS]");
    const std::string device = argc > 3 ? argv[3] : "cpu";
    check(device == "cpu" || device == "cuda", "no device \"", device, "\": cpu or cuda");
    set_threads(argc > 4 ? std::stoi(argv[4]) : 0);
    const Place place{argv[1], device == "cpu" ? Device::cpu : Device::cuda};
    check(available(place.device), device, ": ", description(place.device));
    std::cout.precision(9);
    take_turns(place, argv[2]);
  } catch (const std::exception& error) {
    std::cerr << "hitsieve_peer: " << error.what() << '\n';
    return 1;
  }
}
