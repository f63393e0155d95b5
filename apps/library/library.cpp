// The C interface: checks, one error code an exception, and the screener of nets/ behind it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <vector>

#include <hitsieve/hitsieve.h>

#include "apps/library/frames.h"
#include "engine/checkpoint.h"
#include "engine/parallel.h"
#include "nets/screener.h"

struct hitsieve_screener {
  hitsieve_screener(const hitsieve::Model& model, hitsieve::Device where)
      : device(where), method(model.method), mask(model.mask), screener(model, where) {}
  hitsieve::Device device;
  std::string method, mask;
  hitsieve::Screener screener;
};

namespace hitsieve {
namespace {

struct DeviceError : Error {
  using Error::Error;
};

int32_t fail(hitsieve_error* error, int32_t code, const char* what) {
  if (error) {
    error->code = code;
    std::snprintf(error->text, sizeof error->text, "%s", what);
  }
  return code;
}

/// Runs `body` on this thread; what it throws becomes a code and a text, and an Error of the engine
/// the code `otherwise`.
template <class Body>
int32_t guarded(hitsieve_error* error, int32_t otherwise, Body&& body) noexcept {
  try {
    if (error) error->code = HITSIEVE_OK, error->text[0] = 0;
    const ThisThreadAlone alone;
    body();
    return HITSIEVE_OK;
  } catch (const ArgumentError& e) {
    return fail(error, HITSIEVE_ERROR_ARGUMENT, e.what());
  } catch (const DeviceError& e) {
    return fail(error, HITSIEVE_ERROR_DEVICE, e.what());
  } catch (const OutOfMemory& e) {
    return fail(error, HITSIEVE_ERROR_MEMORY, e.what());
  } catch (const Error& e) {
    return fail(error, otherwise, e.what());
  } catch (const std::bad_alloc&) {
    return fail(error, HITSIEVE_ERROR_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    return fail(error, HITSIEVE_ERROR_INTERNAL, e.what());
  } catch (...) {
    return fail(error, HITSIEVE_ERROR_INTERNAL, "an exception of unknown type");
  }
}

Device device_of(int32_t device) {
  check<ArgumentError>(device == HITSIEVE_CPU || device == HITSIEVE_CUDA, "device ", device,
                       " is neither HITSIEVE_CPU (0) nor HITSIEVE_CUDA (1)");
  const Device wanted = device == HITSIEVE_CUDA ? Device::cuda : Device::cpu;
  check<DeviceError>(available(wanted), "HITSIEVE_CUDA: ", description(wanted));
  return wanted;
}

/// `load` gives the Model.
template <class Load>
int32_t open(int32_t device, hitsieve_screener** screener, hitsieve_error* error, Load&& load) {
  if (screener) *screener = nullptr;
  return guarded(error, HITSIEVE_ERROR_MODEL, [&] {
    check<ArgumentError>(screener, "hitsieve_open: no place for the screener given");
    const Device where = device_of(device);
    *screener = new hitsieve_screener(load(), where);
  });
}

/// HITSIEVE_FRAME_...
int32_t status_of(FrameFault fault) {
  switch (fault) {
    case FrameFault::empty:
      return HITSIEVE_FRAME_EMPTY;
    case FrameFault::constant:
      return HITSIEVE_FRAME_CONSTANT;
    case FrameFault::masked:
      return HITSIEVE_FRAME_MASKED;
    default:
      return HITSIEVE_FRAME_SCORED;
  }
}

/// Of a crop of so many pixels; gaps between modules are masked pixels here.
hitsieve_result result_of(const Decision& decision, int64_t pixels) {
  const int32_t status = status_of(fault_of(decision.statistics, pixels));
  const bool scored = status == HITSIEVE_FRAME_SCORED;
  return {scored ? decision.score : std::numeric_limits<float>::quiet_NaN(),
          scored && decision.hit ? 1 : 0, status, int32_t(decision.statistics.valid)};
}

/// Frame by frame, as the command does it: memory does not grow with the batch.
void screen_on_cpu(const Screener& screener, const CroppedFrames& frames,
                   hitsieve_result* results) {
  thread_local std::vector<std::byte> buffer;  // keeps its memory from frame to frame
  for (int64_t n = 0; n < frames.count(); ++n) {
    Decision decision;
    screener.screen(frames.one(n, buffer), {&decision, 1});
    results[n] = result_of(decision, frames.pixels());
  }
}

void screen_on_cuda(const Screener& screener, const CroppedFrames& frames, Device where,
                    hitsieve_result* results) {
  constexpr int64_t most = 16;  // images of a 2D network take 60 MB each
  std::vector<Decision> decisions(most);
  for (int64_t n = 0; n < frames.count(); n += most) {
    const int64_t count = std::min(most, frames.count() - n);
    const auto some = std::span(decisions).first(size_t(count));
    screener.screen(frames.some(n, count), some, where);
    for (const Decision& decision : some) *results++ = result_of(decision, frames.pixels());
  }
}

bool few_pixels_left(std::span<const hitsieve_result> results) {
  return std::any_of(results.begin(), results.end(), [](const hitsieve_result& result) {
    return result.status == HITSIEVE_FRAME_MASKED || result.status == HITSIEVE_FRAME_EMPTY;
  });
}

/// The same frames with a copy of their mask in host memory.
hitsieve_frames with_mask_on_host(hitsieve_frames frames, std::vector<uint8_t>& copy) {
  if (frames.device == HITSIEVE_CPU || !frames.mask) return frames;
  const int64_t stride = frames.mask_row_stride ? frames.mask_row_stride : frames.width;
  copy.resize(size_t((frames.height - 1) * stride + frames.width));
#if HITSIEVE_HAS_CUDA
  pick<DeviceOps>(Device::cuda).copy_out(copy.data(), frames.mask, copy.size());
#endif
  frames.mask = copy.data();
  return frames;
}

void screen(const hitsieve_screener& s, const hitsieve_frames& frames, hitsieve_result* results) {
  const CroppedFrames cropped(frames, s.screener.crop());
  const Device where = frames.device == HITSIEVE_CUDA ? Device::cuda : Device::cpu;
  check<DeviceError>(where == Device::cpu || s.device == Device::cuda,
                     "frames on the GPU need a screener that was opened with HITSIEVE_CUDA");
  check<ArgumentError>(results || frames.count == 0, "hitsieve_screen: no place for results given");
  if (s.device == Device::cpu) {
    screen_on_cpu(s.screener, cropped, results);
  } else {
    check<ArgumentError>(cropped.native(), "frames: ", cropped.type(),
                         " on the GPU (uint16, int16, int32, float32)");
    screen_on_cuda(s.screener, cropped, where, results);
  }
  std::vector<uint8_t> mask;
  if (frames.mask && few_pixels_left({results, size_t(frames.count)}))
    check_mask(with_mask_on_host(frames, mask));
}

}  // namespace
}  // namespace hitsieve

using namespace hitsieve;

extern "C" {

hitsieve_frames hitsieve_packed_frames(const void* pixels, int32_t type, int64_t count,
                                       int64_t height, int64_t width) {
  hitsieve_frames frames{};
  frames.pixels = pixels, frames.type = type, frames.device = HITSIEVE_CPU;
  frames.count = count, frames.height = height, frames.width = width;
  frames.minimum = -std::numeric_limits<double>::infinity();
  frames.maximum = std::numeric_limits<double>::infinity();
  return frames;
}

int32_t hitsieve_open(const char* path, int32_t device, hitsieve_screener** screener,
                      hitsieve_error* error) {
  return open(device, screener, error, [&] {
    check<ArgumentError>(path, "hitsieve_open: no path given");
    return Model::load(path);
  });
}

int32_t hitsieve_open_memory(const void* bytes, size_t size, int32_t device,
                             hitsieve_screener** screener, hitsieve_error* error) {
  return open(device, screener, error, [&] {
    check<ArgumentError>(bytes || size == 0, "hitsieve_open_memory: no bytes given");
    return Model::load("model in memory", {static_cast<const std::byte*>(bytes), size});
  });
}

void hitsieve_close(hitsieve_screener* screener) { delete screener; }

int64_t hitsieve_crop(const hitsieve_screener* s) { return s ? s->screener.crop() : 0; }
double hitsieve_threshold(const hitsieve_screener* s) {
  return s ? s->screener.threshold() : std::numeric_limits<double>::quiet_NaN();
}
const char* hitsieve_method(const hitsieve_screener* s) { return s ? s->method.c_str() : ""; }
const char* hitsieve_mask(const hitsieve_screener* s) { return s ? s->mask.c_str() : ""; }

int32_t hitsieve_screen(const hitsieve_screener* screener, const hitsieve_frames* frames,
                        hitsieve_result* results, hitsieve_error* error) {
  const bool on_gpu = screener && screener->device == Device::cuda;
  return guarded(error, on_gpu ? HITSIEVE_ERROR_DEVICE : HITSIEVE_ERROR_ARGUMENT, [&] {
    check<ArgumentError>(screener, "hitsieve_screen: no screener given");
    check<ArgumentError>(frames, "hitsieve_screen: no frames given");
    screen(*screener, *frames, results);
  });
}

const char* hitsieve_status_text(int32_t status) {
  switch (status) {
    case HITSIEVE_FRAME_SCORED:
      return "scored";
    case HITSIEVE_FRAME_EMPTY:
      return "no pixel is left: all are masked, NaN or out of range";
    case HITSIEVE_FRAME_CONSTANT:
      return "constant: every pixel has the same value";
    case HITSIEVE_FRAME_MASKED:
      return "over half of the crop's pixels are masked, NaN or out of range";
    default:
      return "no such status";
  }
}

const char* hitsieve_version() { return version(); }
int32_t hitsieve_abi() { return HITSIEVE_ABI; }

int32_t hitsieve_has_device(int32_t device) {
  if (device == HITSIEVE_CPU) return 1;
  return device == HITSIEVE_CUDA && available(Device::cuda);
}

}  // extern "C"
