// The same decisions on both devices, on simulated frames; benchmarks/peers/hitsieve_agree.cpp is
// the same for a file and a real GPU.
#include <doctest/doctest.h>

#include "data/simulate.h"
#include "nets/train.h"
#include "tests/kernels/tensors.h"
#include "tests/nets/agreement.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

constexpr int64_t side = 724, crop = 160, count = 12;

/// The middle of simulated frames.
struct Frames {
  explicit Frames(const std::string& set) {
    const Simulator simulator(simulated_set(set), count, 5, side);
    mask = simulator.mask();
    for (int64_t n = 0; n < count; ++n) {
      const std::vector<int32_t> frame = simulator.frame(n).pixels;
      pixels.insert(pixels.end(), frame.begin(), frame.end());
    }
  }
  RawFrames raw() const {
    constexpr int64_t first = (side - crop) / 2 * (side + 1);
    RawFrames raw;
    raw.pixels = pixels.data() + first, raw.type = DType::i32, raw.mask = mask.data() + first;
    raw.N = count, raw.H = raw.W = crop, raw.row_stride = raw.mask_row_stride = side;
    raw.frame_stride = side * side;
    return raw;
  }
  std::vector<int32_t> pixels;
  std::vector<uint8_t> mask;
};

/// Of weights as training starts from: scores are not all 0 or 1.
Model model_of(ConvNetOptions network) {
  Preprocessing preprocessing;
  preprocessing.crop = crop;
  network.length = preprocessing.length();
  return Model(preprocessing, ConvNet(network, {.seed = 1}));
}

}  // namespace

TEST_CASE("screener: CPU and CUDA decide alike on simulated frames of every set, masks and all") {
  const Model models[] = {model_of(rwd_network()), model_of(cnn_network())};
  Agreement agreement;
  for (const std::string name : {"L498", "LG36", "LN84", "LN83", "LO19"}) {
    const Frames frames(name);
    for (const Model& model : models) {
      std::vector<Decision> cpu(count), cuda(count);
      Screener(model).screen(frames.raw(), cpu);
      Screener(model, devices().back()).screen(frames.raw(), cuda);
      compare(agreement, cpu, cuda, middle_score(cpu));
    }
  }
  CHECK(agreement.frames == 2 * 5 * count);
  CHECK(agreement.differ == 0);
  CHECK(agreement.near < agreement.frames / 4);  // the others say something
  CHECK(agreement.largest < 1e-5);
}
