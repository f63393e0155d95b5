// Small runs that tests write themselves, and the folder of real frames.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "data/cxi_writer.h"
#include "engine/hdf5_file.h"
#include "tests/temporary_folder.h"

namespace hitsieve {

/// Pixel (row, column) of frame i of every run written here; fits 16 bits, differs everywhere.
inline int32_t sample_pixel(int64_t i, int64_t row, int64_t column) {
  return int32_t((i * 1009 + row * 53 + column * 7) % 4001);
}

inline std::vector<int32_t> sample_frame(int64_t i, FrameShape shape) {
  std::vector<int32_t> pixels;
  for (int64_t row = 0; row < shape.ss; ++row)
    for (int64_t column = 0; column < shape.fs; ++column)
      pixels.push_back(sample_pixel(i, row, column));
  return pixels;
}

template <class T>
std::vector<T> sample_run(int64_t frames, FrameShape shape) {
  std::vector<T> pixels;
  for (int64_t i = 0; i < frames; ++i)
    for (const int32_t value : sample_frame(i, shape)) pixels.push_back(T(value));
  return pixels;
}

inline void write_run(const std::string& path, int64_t frames, FrameShape shape,
                      CxiOptions options = {}) {
  options.shape = shape;
  CxiWriter writer(path, options);
  for (int64_t i = 0; i < frames; ++i)
    writer.append(sample_frame(i, shape).data(),
                  {i % 3 == 0 ? Label::hit : Label::miss, int32_t(i), 9500. + double(i), 120, "f"});
  writer.finish();
}

/// A file with one dataset of sample frames of type T, without a compression.
template <class T>
void write_dataset(const std::string& path, const std::string& dataset, int64_t frames,
                   FrameShape shape) {
  Hdf5File file = Hdf5File::create(path);
  file.write(dataset, sample_run<T>(frames, shape).data(), {frames, shape.ss, shape.fs});
  file.close();
}

/// The frame's pixel as a number, whatever its type.
inline double pixel(const Frame& frame, int64_t row, int64_t column) {
  return by_pixel(frame.type, "test", [&]<class T>() {
    return double(frame.data<T>()[row * frame.shape.fs + column]);
  });
}

/// Whether all pixels are those of sample frame i in the region.
inline bool is_sample(const Frame& frame, int64_t i, int64_t ss0 = 0, int64_t fs0 = 0) {
  for (int64_t row = 0; row < frame.shape.ss; ++row)
    for (int64_t column = 0; column < frame.shape.fs; ++column)
      if (pixel(frame, row, column) != sample_pixel(i, ss0 + row, fs0 + column)) return false;
  return true;
}

/// Real and independently simulated frames; "" where they are not at hand, and the test skips.
inline std::string shared_folder() {
  const char* set = std::getenv("HITSIEVE_SHARED");
  const std::string folder = set ? set : HITSIEVE_SOURCE_DIR "/../shared";
  if (std::filesystem::exists(folder + "/frames")) return folder;
  MESSAGE("skipped: no shared frames at " << folder);
  return "";
}

}  // namespace hitsieve
