// What the tests of the command share: a small simulated run, a model trained on a part of it, and
// files with one thing wrong. Made once a process, in a folder that is removed at its end.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

struct ExampleRun {
  std::string folder;
  std::string frames;  ///< 60 frames like LN84, with labels and a mask
  std::string model;   ///< trained on the first 30, validated on 20 more
  static constexpr int64_t count = 60, train = 30, validate = 20;
};
const ExampleRun& example();

/// Writes frames as CXI: constant noise-like background, no labels, no mask.
struct PlainFrames {
  int64_t frames = 2, ss = 724, fs = 724;
  std::vector<int64_t> constant = {};  ///< these frames have one value everywhere
  std::string dataset = "/entry_1/data_1/data";
};
void write_frames(const std::string& path, const PlainFrames& options = {});
/// The same as float32; NaN are all pixels of the frames in `nan`, six of ten of those in
/// `mostly_nan`, and every tenth of others.
void write_float_frames(const std::string& path, int64_t frames, const std::vector<int64_t>& nan,
                        const std::vector<int64_t>& mostly_nan = {});
/// A file whose frames are a link to those that write_frames() put into another.
void link_frames(const std::string& path, const std::string& target);
/// A mask at /mask, 1 where bad(row, column), else 0.
void write_mask_file(const std::string& path, int64_t ss, int64_t fs,
                     const std::function<bool(int64_t, int64_t)>& bad);
/// A list file with these lines.
std::string write_list(const std::string& path, const std::vector<std::string>& lines);
