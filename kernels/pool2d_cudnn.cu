// cuDNN. It pads both ends alike and rounds down, so the windows that ceil_mode adds are not its;
// and it does not say which of equal maxima gets the gradient. Both are refused.
#include "kernels/cudnn.cuh"
#include "kernels/pool2d.h"

namespace hitsieve {
namespace {

constexpr const char *max_pool = "max_pool2d", *avg_pool = "avg_pool2d";

void check_axis(const char* who, const char* name, const PoolAxis& axis) {
  const int64_t over =
      (axis.windows - 1) * axis.stride + axis.kernel - axis.length - 2 * axis.padding;
  check(over <= 0, who, ": the last window along ", name, " hangs ", over,
        " over the end of x and its padding (ceil_mode), which cuDNN cannot express; use this "
        "project's kernels");
}

/// Descriptors of one call: to make them costs the host less than a launch.
template <class T>
struct Plan {
  const char* who;
  CudnnPooling pooling;
  CudnnTensor x, y;

  Plan(const char* operation, cudnnPoolingMode_t mode, const Pool2dSizes& s)
      : who(operation),
        x(cudnn_tensor<T>(who, s.planes, 1, s.y.length, s.x.length)),
        y(cudnn_tensor<T>(who, s.planes, 1, s.y.windows, s.x.windows)) {
    check_axis(who, "y", s.y);
    check_axis(who, "x", s.x);
    cudnn_check(cudnnSetPooling2dDescriptor(pooling, mode, CUDNN_PROPAGATE_NAN, int(s.y.kernel),
                                            int(s.x.kernel), int(s.y.padding), int(s.x.padding),
                                            int(s.y.stride), int(s.x.stride)),
                who);
    int n = 0, c = 0, p = 0, q = 0;
    cudnn_check(cudnnGetPooling2dForwardOutputDim(pooling, x, &n, &c, &p, &q), who);
    check(p == s.y.windows && q == s.x.windows, who, ": cuDNN makes it ", p, " x ", q,
          " windows, not ", s.y.windows, " x ", s.x.windows);
  }

  void forward(const T* from, T* to) const {
    cudnn_check(
        cudnnPoolingForward(cudnn_handle(), pooling, &cudnn_one<T>, x, from, &cudnn_zero<T>, y, to),
        who);
  }
  void backward(const T* pooled, const T* dy, const T* from, T* dx) const {
    cudnn_check(cudnnPoolingBackward(cudnn_handle(), pooling, &cudnn_one<T>, y, pooled, y, dy, x,
                                     from, &cudnn_zero<T>, x, dx),
                who, ", gradient");
  }
};

template <class T>
Plan<T> plan_of_max(const Pool2dSizes& s) {
  return {max_pool, CUDNN_POOLING_MAX_DETERMINISTIC, s};
}

template <class T>
Plan<T> plan_of_avg(const Pool2dSizes& s) {
  return {avg_pool, CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING, s};
}

template <class T>
void max_forward(const Pool2dSizes& s, const T* x, T* y) {
  plan_of_max<T>(s).forward(x, y);
}

template <class T>
void max_backward(const Pool2dSizes& s, const T* dy, const T* x, T* dx) {
  const Plan<T> plan = plan_of_max<T>(s);
  check(!has_equal_maxima(s, x), max_pool,
        ", gradient: a window of x has its maximum more than "
        "once, or a NaN, and cuDNN does not say which element gets the gradient; use this "
        "project's kernels");
  const Tensor y({s.planes, s.area()}, dtype_of<T>, Device::cuda);
  plan.forward(x, y.data<T>());
  plan.backward(y.data<T>(), dy, x, dx);
}

template <class T>
void avg_forward(const Pool2dSizes& s, const T* x, T* y) {
  plan_of_avg<T>(s).forward(x, y);
}

/// x and y take no part in a mean's gradient; cuDNN wants addresses of their size.
template <class T>
void avg_backward(const Pool2dSizes& s, const T* dy, T* dx) {
  plan_of_avg<T>(s).backward(dy, dy, dx, dx);
}

template <class T>
constexpr Pool2dKernels<T> kernels{max_forward<T>, max_backward<T>, avg_forward<T>,
                                   avg_backward<T>};

}  // namespace

template <>
const Pool2dKernels<float> On<Pool2dKernels<float>>::library = kernels<float>;
template <>
const Pool2dKernels<double> On<Pool2dKernels<double>>::library = kernels<double>;

template <class T>
void cudnn_max_backward(const Pool2dSizes& s, const T* dy, const T* x, const T* y, T* dx) {
  plan_of_max<T>(s).backward(y, dy, x, dx);
}
template void cudnn_max_backward(const Pool2dSizes&, const float*, const float*, const float*,
                                 float*);
template void cudnn_max_backward(const Pool2dSizes&, const double*, const double*, const double*,
                                 double*);

}  // namespace hitsieve
