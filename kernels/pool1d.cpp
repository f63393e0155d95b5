#include "kernels/pool1d.h"

#include <algorithm>

#include "engine/parallel.h"
#include "engine/simd.h"
#include "engine/tape.h"

namespace hitsieve {
namespace {

template <class T>
struct Largest {
  HS_INLINE static T join(T best, T x) { return is_larger(x, best) ? x : best; }
  HS_INLINE static T finish(T best, int64_t) { return best; }
};

template <class T>
struct Mean {
  HS_INLINE static T join(T sum, T x) { return sum + x; }
  HS_INLINE static T finish(T sum, int64_t count) { return sum / T(count); }
};

/// The windows [first, last) that lie in x as a whole.
struct Whole {
  int64_t first, last;
  explicit Whole(const Pool1dSizes& s)
      : first(std::min(s.windows, (s.padding + s.stride - 1) / s.stride)),
        last(s.L + s.padding < s.kernel
                 ? first
                 : std::clamp((s.L + s.padding - s.kernel) / s.stride + 1, first, s.windows)) {}
};

template <class T, class Reduction>
void pool_edge(const Pool1dSizes& s, int64_t begin, int64_t end, const T* x, T* y) {
  for (int64_t l = begin; l < end; ++l) {
    const int64_t first = s.first(l), last = s.last(l);
    T value = x[first];
    for (int64_t i = first + 1; i < last; ++i) value = Reduction::join(value, x[i]);
    y[l] = Reduction::finish(value, last - first);
  }
}

/// Whole windows: y[l] from x[l * stride, l * stride + kernel). Inlined with constants, it is
/// vectorised.
template <class T, class Reduction>
HS_INLINE void pool_whole(int64_t count, int64_t kernel, int64_t stride, const T* __restrict x,
                          T* __restrict y) {
  for (int64_t l = 0; l < count; ++l) {
    T value = x[l * stride];
    for (int64_t j = 1; j < kernel; ++j) value = Reduction::join(value, x[l * stride + j]);
    y[l] = Reduction::finish(value, kernel);
  }
}

template <class T, class Reduction>
HS_SIMD void pool_rows(const Pool1dSizes& s, int64_t begin, int64_t end, const T* x, T* y) {
  const Whole whole(s);
  const int64_t count = whole.last - whole.first;
  for (int64_t row = begin; row < end; ++row) {
    const T* from = x + row * s.L;
    T* to = y + row * s.windows;
    pool_edge<T, Reduction>(s, 0, whole.first, from, to);
    pool_edge<T, Reduction>(s, whole.last, s.windows, from, to);
    from += whole.first * s.stride - s.padding, to += whole.first;
    if (s.kernel == 2 && s.stride == 2)
      pool_whole<T, Reduction>(count, 2, 2, from, to);
    else if (s.kernel == 3 && s.stride == 2)
      pool_whole<T, Reduction>(count, 3, 2, from, to);
    else
      pool_whole<T, Reduction>(count, s.kernel, s.stride, from, to);
  }
}

/// body(begin, end) over chunks of rows.
template <class Body>
void for_rows(const Pool1dSizes& s, const Body& body) {
  parallel_for(s.rows, std::max<int64_t>(1, (1 << 16) / s.L), body);
}

template <class T, class Reduction>
void forward(const Pool1dSizes& s, const T* x, T* y) {
  for_rows(s, [&](int64_t begin, int64_t end) { pool_rows<T, Reduction>(s, begin, end, x, y); });
}

/// Windows of two elements that do not overlap, all of them whole: no branch depends on x.
template <class T>
HS_SIMD void max_backward_pairs(int64_t count, const T* __restrict dy, const T* __restrict x,
                                T* __restrict dx) {
  for (int64_t l = 0; l < count; ++l) {
    const bool second = is_larger(x[2 * l + 1], x[2 * l]);
    dx[2 * l] = second ? T(0) : dy[l];
    dx[2 * l + 1] = second ? dy[l] : T(0);
  }
}

template <class T>
void max_backward(const Pool1dSizes& s, const T* dy, const T* x, T* dx) {
  const bool pairs = s.kernel == 2 && s.stride == 2 && s.padding == 0;
  for_rows(s, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T *from = x + row * s.L, *slope = dy + row * s.windows;
      T* to = dx + row * s.L;
      const int64_t done = pairs ? s.L / 2 : 0;
      max_backward_pairs(done, slope, from, to);
      std::fill(to + 2 * done, to + s.L, T(0));
      for (int64_t l = done; l < s.windows; ++l) to[place_of_maximum(s, from, l)] += slope[l];
    }
  });
}

template <class T>
void avg_backward(const Pool1dSizes& s, const T* dy, T* dx) {
  for_rows(s, [&](int64_t begin, int64_t end) {
    std::fill(dx + begin * s.L, dx + end * s.L, T(0));
    for (int64_t row = begin; row < end; ++row)
      for (int64_t l = 0; l < s.windows; ++l) {
        const int64_t first = s.first(l), last = s.last(l);
        const T share = dy[row * s.windows + l] / T(last - first);
        for (int64_t i = first; i < last; ++i) dx[row * s.L + i] += share;
      }
  });
}

template <class T>
constexpr Pool1dKernels<T> kernels{forward<T, Largest<T>>, max_backward<T>, forward<T, Mean<T>>,
                                   avg_backward<T>};

}  // namespace

template <>
const Pool1dKernels<float> On<Pool1dKernels<float>>::cpu = kernels<float>;
template <>
const Pool1dKernels<double> On<Pool1dKernels<double>>::cpu = kernels<double>;

namespace {

Pool1dSizes checked_sizes(const char* who, const Tensor& x, const Pool1dOptions& o) {
  check(x.shape().rank() == 3, who, ": x has shape ", x.shape(), ", expected (N, C, L)");
  check(x.count() > 0, who, ": x ", x.shape(), " has no elements");
  check(o.kernel >= 1, who, ": kernel ", o.kernel, ", expected 1 or more");
  check(o.stride >= 1, who, ": stride ", o.stride, ", expected 1 or more");
  check(o.padding >= 0 && o.padding <= o.kernel / 2, who, ": padding ", o.padding,
        " is outside [0, kernel / 2], kernel ", o.kernel);
  const int64_t L = x.shape()[2], room = L + 2 * o.padding - o.kernel;
  const int64_t up = o.ceil_mode ? o.stride - 1 : 0;
  check(room + up >= 0, who, ": a row of x has ", L, " elements and padding ", o.padding,
        ", but the kernel has ", o.kernel);
  int64_t windows = (room + up) / o.stride + 1;
  if (o.ceil_mode && (windows - 1) * o.stride >= L + o.padding) --windows;
  return {x.shape()[0] * x.shape()[1], L, windows, o.kernel, o.stride, o.padding};
}

}  // namespace

Tensor max_pool1d(const Tensor& x, const Pool1dOptions& options) {
  const Pool1dSizes s = checked_sizes("max_pool1d", x, options);
  Tensor y({x.shape()[0], x.shape()[1], s.windows}, x.dtype(), x.device());
  by_float(x.dtype(), "max_pool1d", [&]<class T>() {
    pick<Pool1dKernels<T>>(x.device()).max_forward(s, x.data<T>(), y.data<T>());
    record(y, {x}, [=](const Tensor& dy) {
      Tensor dx(x.shape(), x.dtype(), x.device());
      pick<Pool1dKernels<T>>(x.device())
          .max_backward(s, dy.data<T>(), x.data<T>(), dx.template data<T>());
      x.add_grad(dx);
    });
  });
  return y;
}

Tensor avg_pool1d(const Tensor& x, const Pool1dOptions& options) {
  const Pool1dSizes s = checked_sizes("avg_pool1d", x, options);
  Tensor y({x.shape()[0], x.shape()[1], s.windows}, x.dtype(), x.device());
  by_float(x.dtype(), "avg_pool1d", [&]<class T>() {
    pick<Pool1dKernels<T>>(x.device()).avg_forward(s, x.data<T>(), y.data<T>());
    record(y, {x}, [=](const Tensor& dy) {
      Tensor dx(x.shape(), x.dtype(), x.device());
      pick<Pool1dKernels<T>>(x.device()).avg_backward(s, dy.data<T>(), dx.template data<T>());
      x.add_grad(dx);
    });
  });
  return y;
}

}  // namespace hitsieve
