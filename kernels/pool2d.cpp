#include "kernels/pool2d.h"

#include <type_traits>
#include <vector>

#include "engine/parallel.h"
#include "engine/tape.h"
#include "kernels/bands.h"
#include "kernels/pool_band.h"

namespace hitsieve {
namespace {

constexpr int64_t elements_a_band = 1 << 15;  // what makes a piece of work worth a thread

/// A mean's divisor, window by window.
template <class T>
std::vector<T> elements_of_columns(const PoolAxis& x) {
  std::vector<T> elements;
  for (int64_t q = 0; q < x.windows; ++q) elements.push_back(T(x.last(q) - x.first(q)));
  return elements;
}

/// y[q] = x[q] / (rows * columns[q])
template <class T>
HS_SIMD void divide_row(int64_t width, T rows, const T* columns, const T* x, T* y) {
  for (int64_t q = 0; q < width; ++q) y[q] = x[q] / (rows * columns[q]);
}

template <class T, class Reduction>
void forward(const Pool2dSizes& s, const T* x, T* y) {
  const Bands bands(s.y.windows, s.y.stride * s.x.length, elements_a_band);
  const int64_t width = s.x.windows;
  constexpr bool mean = std::is_same_v<Reduction, Sum<T>>;
  const std::vector<T> columns = elements_of_columns<T>(s.x);
  parallel_for(s.planes * bands.an_image, bands.chunk, [&](int64_t begin, int64_t end) {
    std::vector<T> memory;
    for (int64_t i = begin; i < end; ++i) {
      const Band band = bands[i];
      T* to = y + band.n * s.area();
      pool_band<T, Reduction>(s, band.first, band.last, x + band.n * s.pixels(),
                              to + band.first * width, memory);
      for (int64_t p = band.first; mean && p < band.last; ++p)
        divide_row(width, T(s.y.last(p) - s.y.first(p)), columns.data(), to + p * width,
                   to + p * width);
    }
  });
}

/// body(band, memory) for bands of rows of dx, where they are set to 0 already; memory may be used.
template <class T, class Body>
void for_rows_of_dx(const Pool2dSizes& s, T* dx, const Body& body) {
  const Bands bands(s.y.length, s.x.length, elements_a_band);
  parallel_for(s.planes * bands.an_image, bands.chunk, [&](int64_t begin, int64_t end) {
    std::vector<T> memory;
    for (int64_t i = begin; i < end; ++i) {
      const Band band = bands[i];
      T* to = dx + band.n * s.pixels();
      std::fill(to + band.first * s.x.length, to + band.last * s.x.length, T(0));
      body(band, memory);
    }
  });
}

template <class T>
void max_backward(const Pool2dSizes& s, const T* dy, const T* x, T* dx) {
  for_rows_of_dx(s, dx, [&](const Band& band, std::vector<T>& memory) {
    const RowsOfX rows(s.y, band.first, band.last);
    const int64_t plane = band.n * s.pixels();
    add_max_slopes_of_band(s, rows, dy + band.n * s.area(),
                           x + plane + rows.seen.first * s.x.length,
                           dx + plane + band.first * s.x.length, memory);
  });
}

template <class T>
void avg_backward(const Pool2dSizes& s, const T* dy, T* dx) {
  const int64_t width = s.x.windows;
  const std::vector<T> columns = elements_of_columns<T>(s.x);
  for_rows_of_dx(s, dx, [&](const Band& band, std::vector<T>& memory) {
    memory.resize(size_t(width));
    for (int64_t r = band.first; r < band.last; ++r)
      for (int64_t p = s.y.first_window(r); p < s.y.last_window(r); ++p) {
        divide_row(width, T(s.y.last(p) - s.y.first(p)), columns.data(),
                   dy + band.n * s.area() + p * width, memory.data());
        add_sum_slopes(s.x, memory.data(), dx + band.n * s.pixels() + r * s.x.length);
      }
  });
}

template <class T>
constexpr Pool2dKernels<T> kernels{forward<T, Largest<T>>, max_backward<T>, forward<T, Sum<T>>,
                                   avg_backward<T>};

}  // namespace

template <>
const Pool2dKernels<float> On<Pool2dKernels<float>>::cpu = kernels<float>;
template <>
const Pool2dKernels<double> On<Pool2dKernels<double>>::cpu = kernels<double>;

namespace {

PoolAxis checked_axis(const char* who, const char* name, int64_t length, int64_t kernel,
                      int64_t stride, int64_t padding, bool ceil_mode) {
  check(kernel >= 1, who, ": kernel ", kernel, " along ", name, ", expected 1 or more");
  check(stride >= 1, who, ": stride ", stride, " along ", name, ", expected 1 or more");
  check(padding >= 0 && padding <= kernel / 2, who, ": padding ", padding, " along ", name,
        " is outside [0, kernel / 2], kernel ", kernel);
  const int64_t room = length + 2 * padding - kernel + (ceil_mode ? stride - 1 : 0);
  check(room >= 0, who, ": x has ", length, " elements along ", name, " and padding ", padding,
        ", but the kernel has ", kernel);
  int64_t windows = room / stride + 1;
  if (ceil_mode && (windows - 1) * stride >= length + padding) --windows;
  return {length, windows, kernel, stride, padding};
}

}  // namespace

Pool2dSizes check_pool2d(const char* who, const Tensor& x, const Pool2dOptions& o) {
  check(x.shape().rank() == 4, who, ": x has shape ", x.shape(), ", expected (N, C, H, W)");
  check(x.count() > 0, who, ": x ", x.shape(), " has no elements");
  const int64_t planes = x.shape()[0] * x.shape()[1], H = x.shape()[2], W = x.shape()[3];
  return {
      planes,
      checked_axis(who, "y", H, o.kernel.y, o.stride.y, o.padding.y, o.ceil_mode),
      checked_axis(who, "x", W, o.kernel.x, o.stride.x, o.padding.x, o.ceil_mode),
  };
}

Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options) {
  const Pool2dSizes s = check_pool2d("max_pool2d", x, options);
  Tensor y({x.shape()[0], x.shape()[1], s.y.windows, s.x.windows}, x.dtype(), x.device());
  by_float(x.dtype(), "max_pool2d", [&]<class T>() {
    pick<Pool2dKernels<T>>(x.device()).max_forward(s, x.data<T>(), y.data<T>());
    record(y, {x}, [=](const Tensor& dy) {
      Tensor dx(x.shape(), x.dtype(), x.device());
      pick<Pool2dKernels<T>>(x.device())
          .max_backward(s, dy.data<T>(), x.data<T>(), dx.template data<T>());
      x.add_grad(dx);
    });
  });
  return y;
}

Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options) {
  const Pool2dSizes s = check_pool2d("avg_pool2d", x, options);
  Tensor y({x.shape()[0], x.shape()[1], s.y.windows, s.x.windows}, x.dtype(), x.device());
  by_float(x.dtype(), "avg_pool2d", [&]<class T>() {
    pick<Pool2dKernels<T>>(x.device()).avg_forward(s, x.data<T>(), y.data<T>());
    record(y, {x}, [=](const Tensor& dy) {
      Tensor dx(x.shape(), x.dtype(), x.device());
      pick<Pool2dKernels<T>>(x.device()).avg_backward(s, dy.data<T>(), dx.template data<T>());
      x.add_grad(dx);
    });
  });
  return y;
}

}  // namespace hitsieve
