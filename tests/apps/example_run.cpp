#include "tests/apps/example_run.h"

#include <algorithm>
#include <limits>
#include <memory>

#include <doctest/doctest.h>

#include "engine/hdf5_file.h"
#include "tests/apps/command_run.h"
#include "tests/temporary_folder.h"

namespace {

/// Small whole numbers that look like noise and are the same everywhere.
class Noise {
 public:
  int64_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return int64_t(state_ >> 59);
  }

 private:
  uint64_t state_ = 1;
};

bool among(const std::vector<int64_t>& indices, int64_t i) {
  return std::find(indices.begin(), indices.end(), i) != indices.end();
}

}  // namespace

const ExampleRun& example() {
  static TemporaryFolder folder;
  static const ExampleRun made = [] {
    ExampleRun example{folder.path, folder / "ln84.cxi", folder / "model.h5"};
    Result result =
        run({"simulate", "--like", "LN84", "-n", "60", "--seed", "1", "-o", example.frames});
    REQUIRE_MESSAGE(result.code == 0, result.error);
    result = run(
        {"train", "-i", example.frames, "--train", "30", "--validate", "20", "-o", example.model});
    REQUIRE_MESSAGE(result.code == 0, result.error);
    return example;
  }();
  return made;
}

void write_frames(const std::string& path, const PlainFrames& options) {
  Noise noise;
  std::vector<uint16_t> pixels;
  for (int64_t frame = 0; frame < options.frames; ++frame)
    for (int64_t i = 0; i < options.ss * options.fs; ++i)
      pixels.push_back(uint16_t(100 + (among(options.constant, frame) ? 0 : noise.next())));
  auto file = hitsieve::Hdf5File::create(path);
  file.write(options.dataset, pixels.data(), {options.frames, options.ss, options.fs});
  file.close();
}

void write_float_frames(const std::string& path, int64_t frames, const std::vector<int64_t>& nan,
                        const std::vector<int64_t>& mostly_nan) {
  constexpr int64_t side = 724;
  Noise noise;
  std::vector<float> pixels;
  for (int64_t frame = 0; frame < frames; ++frame)
    for (int64_t i = 0; i < side * side; ++i) {
      const bool missing = among(nan, frame) || i % 10 < (among(mostly_nan, frame) ? 6 : 1);
      pixels.push_back(missing ? std::numeric_limits<float>::quiet_NaN() : float(noise.next()));
    }
  auto file = hitsieve::Hdf5File::create(path);
  file.write("/entry_1/data_1/data", pixels.data(), {frames, side, side});
  file.close();
}

void link_frames(const std::string& path, const std::string& target) {
  auto file = hitsieve::Hdf5File::create(path);
  file.make_group("/entry_1/data_1");
  file.external_link(target, PlainFrames().dataset, PlainFrames().dataset);
  file.close();
}

void write_mask_file(const std::string& path, int64_t ss, int64_t fs,
                     const std::function<bool(int64_t, int64_t)>& bad) {
  std::vector<uint8_t> mask;
  for (int64_t row = 0; row < ss; ++row)
    for (int64_t column = 0; column < fs; ++column) mask.push_back(bad(row, column));
  auto file = hitsieve::Hdf5File::create(path);
  file.write("/mask", mask.data(), {ss, fs});
  file.close();
}

std::string write_list(const std::string& path, const std::vector<std::string>& lines) {
  std::string content;
  for (const std::string& line : lines) content += line + "\n";
  put_file(path, content);
  return path;
}
