// hitsieve for C++ (11 or later): the C interface with exceptions, and a screener that closes
// itself. All of it is inline, so only the C functions cross the library's boundary and neither
// compiler nor C++ library need be the ones that the library was built with.
#pragma once
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <hitsieve/hitsieve.h>

namespace hitsieve {
inline namespace abi1 {

/// What a function of the library reported: HITSIEVE_ERROR_..., and what() as its text.
class Error : public std::runtime_error {
 public:
  explicit Error(const hitsieve_error& error) : runtime_error(error.text), code_(error.code) {}
  int32_t code() const { return code_; }

 private:
  int32_t code_;
};

using Frames = hitsieve_frames;
using Result = hitsieve_result;

template <class T>
struct PixelType;  // no definition: T cannot hold pixels
#define HITSIEVE_PIXEL_TYPE(T, number) \
  template <>                          \
  struct PixelType<T> {                \
    enum : int32_t { value = number }; \
  }
HITSIEVE_PIXEL_TYPE(uint8_t, HITSIEVE_UINT8);
HITSIEVE_PIXEL_TYPE(int8_t, HITSIEVE_INT8);
HITSIEVE_PIXEL_TYPE(uint16_t, HITSIEVE_UINT16);
HITSIEVE_PIXEL_TYPE(int16_t, HITSIEVE_INT16);
HITSIEVE_PIXEL_TYPE(uint32_t, HITSIEVE_UINT32);
HITSIEVE_PIXEL_TYPE(int32_t, HITSIEVE_INT32);
HITSIEVE_PIXEL_TYPE(uint64_t, HITSIEVE_UINT64);
HITSIEVE_PIXEL_TYPE(int64_t, HITSIEVE_INT64);
HITSIEVE_PIXEL_TYPE(float, HITSIEVE_FLOAT32);
HITSIEVE_PIXEL_TYPE(double, HITSIEVE_FLOAT64);
#undef HITSIEVE_PIXEL_TYPE

/// Frames without gaps in host memory, no mask, all values count; change the rest as you need it.
template <class T>
Frames packed_frames(const T* pixels, int64_t count, int64_t height, int64_t width) {
  return hitsieve_packed_frames(pixels, PixelType<T>::value, count, height, width);
}

/// One Screener may be used from several threads at once. Everything throws Error.
class Screener {
 public:
  /// Opens the model in a file; `device` computes (HITSIEVE_CPU, HITSIEVE_CUDA).
  explicit Screener(const std::string& model, int32_t device = HITSIEVE_CPU) {
    hitsieve_screener* opened = nullptr;
    hitsieve_error error;
    check_abi();
    check(hitsieve_open(model.c_str(), device, &opened, &error), error);
    screener_.reset(opened);
  }
  /// Opens a model whose file's content is in memory, which is not needed afterwards.
  Screener(const void* bytes, size_t size, int32_t device = HITSIEVE_CPU) {
    hitsieve_screener* opened = nullptr;
    hitsieve_error error;
    check_abi();
    check(hitsieve_open_memory(bytes, size, device, &opened, &error), error);
    screener_.reset(opened);
  }

  int64_t crop() const { return hitsieve_crop(screener_.get()); }           ///< side, pixels
  double threshold() const { return hitsieve_threshold(screener_.get()); }  ///< of the score
  std::string method() const { return hitsieve_method(screener_.get()); }   ///< "rwd", "cnn", ...
  /// Of the frames it was trained on, in words; "none".
  std::string mask() const { return hitsieve_mask(screener_.get()); }

  /// As hitsieve_screen; `results` has room for frames.count.
  void screen(const Frames& frames, Result* results) const {
    hitsieve_error error;
    check(hitsieve_screen(screener_.get(), &frames, results, &error), error);
  }
  std::vector<Result> screen(const Frames& frames) const {
    std::vector<Result> results(frames.count > 0 ? static_cast<size_t>(frames.count) : 0);
    screen(frames, results.data());
    return results;
  }

 private:
  static void check(int32_t code, const hitsieve_error& error) {
    if (code != HITSIEVE_OK) throw Error(error);
  }
  static void check_abi() {
    if (hitsieve_abi() != HITSIEVE_ABI)
      throw std::runtime_error("hitsieve: the library that runs has another ABI than the headers");
  }
  struct Close {
    void operator()(hitsieve_screener* screener) const { hitsieve_close(screener); }
  };
  std::unique_ptr<hitsieve_screener, Close> screener_;
};

}  // namespace abi1
}  // namespace hitsieve
