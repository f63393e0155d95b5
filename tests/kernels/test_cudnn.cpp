// cuDNN itself, where it is but no GPU: it takes descriptors and works out sizes all the same, so
// that a call gets as far as the handle. On a GPU the operations' own tests go all the way.
#include "kernels/batch_norm.h"
#include "kernels/conv2d.h"
#include "kernels/pool2d.h"
#include "tests/kernels/library.h"
#include "tests/kernels/operation.h"

#if HITSIEVE_HAS_CUDNN
using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// What a call on no memory says.
template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool only_the_handle_fails(const std::string& error) {
  return error.find("new handle: cuDNN: CUDNN_STATUS_NOT_INITIALIZED") != error.npos;
}

/// As PyTorch defines the windows of an axis.
PoolAxis axis(int64_t length, int64_t kernel, int64_t stride, int64_t padding, bool ceil_mode) {
  PoolAxis a{length, 0, kernel, stride, padding};
  const int64_t end = length + padding;
  for (int64_t at = -padding; at < length && (at + kernel <= end || ceil_mode); at += stride) {
    if (at + kernel >= end + stride) break;
    ++a.windows;
  }
  return a;
}

}  // namespace

TEST_CASE("cudnn: its sizes of a convolution's output are ours") {
  if (available(Device::cuda)) return;
  for (int64_t kernel = 1; kernel <= 5; ++kernel)
    for (int64_t stride = 1; stride <= 4; ++stride)
      for (int64_t padding = 0; padding <= 5; ++padding) {
        const Conv2dSizes s{2, 3, 9, 17, 4, kernel, 6 - kernel, {stride, 5 - stride}, padding};
        CAPTURE(kernel);
        CAPTURE(stride);
        CAPTURE(padding);
        const std::string error =
            error_of([&] { On<Conv2dKernels<double>>::library.forward(s, {}, {}, {}, {}); });
        CHECK_MESSAGE(only_the_handle_fails(error), error);
      }
}

TEST_CASE("cudnn: its windows are ours, or hang over the end and are refused") {
  if (available(Device::cuda)) return;
  int refused = 0, taken = 0;
  for (int64_t length = 1; length <= 12; ++length)
    for (int64_t kernel = 1; kernel <= length; ++kernel)
      for (int64_t stride = 1; stride <= 4; ++stride)
        for (int64_t padding = 0; padding <= kernel / 2; ++padding)
          for (bool ceil_mode : {false, true}) {
            const PoolAxis y = axis(length, kernel, stride, padding, ceil_mode);
            const Pool2dSizes s{2, y, axis(12, 2, 2, 0, false)};
            const std::string error =
                error_of([&] { On<Pool2dKernels<float>>::library.avg_forward(s, {}, {}); });
            const bool hangs = (y.windows - 1) * stride + kernel > length + 2 * padding;
            INFO(text(length, " elements, kernel ", kernel, ", stride ", stride, ", padding ",
                      padding, ceil_mode ? ", ceil: " : ": ", error));
            CHECK((hangs ? error.find(" hangs ") != error.npos : only_the_handle_fails(error)));
            ++(hangs ? refused : taken);
          }
  CHECK(refused > 100);
  CHECK(taken > 100);
}

TEST_CASE("cudnn: it takes what batch normalisation describes") {
  if (available(Device::cuda)) return;
  for (const BatchNormSizes& s : {BatchNormSizes{7, 5, 1}, {2, 3, 360 * 360}}) {
    const std::string error = error_of([&] {
      On<BatchNormKernels<float>>::library.infer(s, {.training = false}, {}, {}, {}, {}, {}, {});
    });
    CHECK_MESSAGE(only_the_handle_fails(error), error);
  }
}
#endif
