#include "kernels/dropout.h"

#include <algorithm>

#include "engine/parallel.h"
#include "engine/simd.h"
#include "engine/tape.h"

namespace hitsieve {
namespace {

constexpr int64_t blocks_at_once = 64;

/// bits [blocks_at_once * 4]
HS_SIMD void draw(const DropoutMask& mask, uint64_t first_block, uint32_t* __restrict bits) {
  for (int64_t block = 0; block < blocks_at_once; ++block) {
    const Philox4 four = mask.bits(first_block + uint64_t(block));
    for (int i = 0; i < 4; ++i) bits[4 * block + i] = four.v[i];
  }
}

template <class T>
HS_SIMD void apply_bits(int64_t count, const DropoutMask& mask, const uint32_t* __restrict bits,
                        T scale, const T* __restrict x, T* __restrict y) {
  for (int64_t i = 0; i < count; ++i) y[i] = mask.keeps(bits[i]) ? x[i] * scale : T(0);
}

template <class T>
void apply(int64_t count, const DropoutMask& mask_of_step, const double* before, T scale,
           const T* x, T* y) {
  const DropoutMask mask = mask_of_step.after(before);
  parallel_for(count, 1 << 14, [&](int64_t begin, int64_t end) {
    uint32_t bits[blocks_at_once * 4];
    for (int64_t i = begin; i < end;) {
      const uint64_t number = mask.offset + uint64_t(i);
      draw(mask, number / 4, bits);
      const int64_t skipped = int64_t(number % 4);
      const int64_t part = std::min(blocks_at_once * 4 - skipped, end - i);
      apply_bits(part, mask, bits + skipped, scale, x + i, y + i);
      i += part;
    }
  });
}

template <class T>
constexpr DropoutKernels<T> kernels{apply<T>};

}  // namespace

template <>
const DropoutKernels<float> On<DropoutKernels<float>>::cpu = kernels<float>;
template <>
const DropoutKernels<double> On<DropoutKernels<double>>::cpu = kernels<double>;

Tensor dropout(const Tensor& x, double p, uint64_t seed, uint64_t offset, const Tensor& before) {
  check(p >= 0 && p < 1, "dropout: probability ", p, " is outside [0, 1)");
  check(!before || (before.count() == 1 && before.device() == x.device()), "dropout: before is no ",
        "number on ", x.device());
  const DropoutMask mask{seed, offset, uint32_t(p * (1 << 24))};
  Tensor y(x.shape(), x.dtype(), x.device());
  by_float(x.dtype(), "dropout", [&]<class T>() {
    const T scale = T(1 / (1 - p));
    const auto apply = pick<DropoutKernels<T>>(x.device()).apply;
    const auto number = [before] { return before ? before.data<double>() : nullptr; };
    apply(x.count(), mask, number(), scale, x.data<T>(), y.data<T>());
    record(y, {x}, [=](const Tensor& dy) {
      Tensor dx(x.shape(), x.dtype(), x.device());
      apply(x.count(), mask, number(), scale, dy.data<T>(), dx.template data<T>());
      x.add_grad(dx);
    });
  });
  return y;
}

}  // namespace hitsieve
