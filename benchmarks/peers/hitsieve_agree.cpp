// Whether a GPU decides as the CPU does: every frame of a file, or simulated ones, through Screener
// on both. Prints a line a network; exit code 1 when they differ on a frame whose score is not
// within 1e-4 of the threshold.
//   hitsieve_agree [FILE [MODEL]]
// Without a model both networks with random weights, and the middle score as the threshold.
#include <iostream>
#include <optional>

#include "data/frame_reader.h"
#include "data/prepare.h"
#include "data/simulate.h"
#include "engine/parallel.h"
#include "nets/screening_stream.h"
#include "nets/train.h"
#include "tests/nets/agreement.h"

namespace hitsieve {
namespace {

constexpr int64_t side = 724, simulated = 240, batch = 32;

/// Calls `take` with batches of frames in memory, each alike.
template <class Take>
void read_file(const std::string& path, int64_t crop, Take&& take) {
  const FrameSet set({path});
  FrameReader reader(set, {.crop = crop, .ahead = 2 * batch, .skip_bad = true});
  std::vector<ReadFrame> read(batch);
  for (bool more = true; more;) {
    std::vector<RawFrames> frames;
    for (size_t n = 0; n < read.size() && (more = reader.next(read[n])); ++n)
      if (read[n].error.empty()) frames.push_back(raw_frames(read[n].frame));
    take(frames);
  }
}

template <class Take>
void simulate(int64_t crop, Take&& take) {
  const Simulator simulator(simulated_set("LN84"), simulated, 1, int(crop));
  const std::vector<uint8_t> mask = simulator.mask();
  for (int64_t first = 0; first < simulated; first += batch) {
    std::vector<std::vector<int32_t>> pixels(size_t(std::min(batch, simulated - first)));
    parallel_for(std::ssize(pixels), 1, [&](int64_t n, int64_t) {
      pixels[size_t(n)] = simulator.frame(first + n).pixels;
    });
    std::vector<RawFrames> frames;
    for (const std::vector<int32_t>& frame : pixels) {
      RawFrames raw;
      raw.pixels = frame.data(), raw.type = DType::i32, raw.mask = mask.data();
      raw.N = 1, raw.H = raw.W = raw.row_stride = raw.mask_row_stride = crop;
      raw.frame_stride = crop * crop;
      frames.push_back(raw);
    }
    take(frames);
  }
}

bool agree(const Model& model, const std::string& file, std::optional<double> threshold) {
  const Screener cpu(model), cuda(model, Device::cuda);
  ScreeningStream stream(cuda);
  std::vector<Decision> on_cpu, on_cuda;
  const auto take = [&](const std::vector<RawFrames>& frames) {
    const size_t first = on_cpu.size();
    on_cpu.resize(first + frames.size()), on_cuda.resize(on_cpu.size());
    for (size_t n = 0; n < frames.size(); ++n)
      cpu.screen(frames[n], std::span(on_cpu).subspan(first + n, 1));
    stream.send(frames);
    stream.receive(std::span(on_cuda).subspan(first));
  };
  if (file.empty())
    simulate(model.preprocessing.crop, take);
  else
    read_file(file, model.preprocessing.crop, take);
  const double at = threshold.value_or(test::middle_score(on_cpu));
  test::Agreement all;
  test::compare(all, on_cpu, on_cuda, at);
  std::cout << model.method << ": " << all.frames << " frames, " << all.differ
            << " decided otherwise on " << description(Device::cuda) << ", " << all.near
            << " within 1e-4 of the threshold " << at << "; scores differ by " << all.largest
            << " at most\n";
  return all.frames > 0 && all.differ == 0;
}

bool agree_on_all(const std::string& file, const std::string& model_file) {
  if (!model_file.empty()) {
    const Model model = Model::load(model_file);
    return agree(model, file, model.threshold);
  }
  bool same = true;
  for (const char* method : {"rwd", "cnn"}) {
    Model model({}, ConvNet(method_options(method).network, {.seed = 1}));
    model.method = method;
    same = agree(model, file, {}) && same;
  }
  return same;
}

}  // namespace
}  // namespace hitsieve

int main(int argc, char** argv) {
  using namespace hitsieve;
  try {
    check(argc <= 3, "hitsieve_agree [FILE [MODEL]]");
    check(available(Device::cuda), "cuda: ", description(Device::cuda));
    return agree_on_all(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "") ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "hitsieve_agree: " << error.what() << '\n';
    return 2;
  }
}
