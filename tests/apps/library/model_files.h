// The model that the library's tests open, for frames of 64 x 64 pixels, and frames of noise with
// some spots to screen with it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

constexpr int64_t model_crop = 64;

/// Random weights; made once a process, in a folder that is removed at its end.
const std::string& model_file();
const std::string& image_model_file();  ///< the same for a network of images

/// `count` frames of height x width values between 0 and 120, which every pixel type holds.
std::vector<int> noise(int64_t count, int64_t height, int64_t width);

template <class T>
std::vector<T> as(const std::vector<int>& values) {
  return {values.begin(), values.end()};
}
