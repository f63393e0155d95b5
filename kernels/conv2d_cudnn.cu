// cuDNN. What a shape needs (descriptors, the choice of algorithms) is found once a thread and
// kept. Algorithms are those that cuDNN proposes as the fastest without trying (so the choice does
// not depend on the moment), among those that give the same bits each time, in IEEE arithmetic.
#include <array>
#include <map>
#include <optional>

#include "kernels/conv2d.h"
#include "kernels/cudnn.cuh"

namespace hitsieve {
namespace {

constexpr size_t most_workspace = size_t(256) << 20;

template <class Algorithm>
struct Choice {
  Algorithm algorithm;
  size_t workspace;
};

std::string described(const Conv2dSizes& s) {
  return text("conv2d of (", s.N, ", ", s.C, ", ", s.H, ", ", s.W, ") by (", s.K, ", ", s.C, ", ",
              s.R, ", ", s.S, "), stride ", s.stride, ", padding ", s.padding);
}

/// cuDNN's proposals come fastest first. `propose(count, &found, proposals)` asks for them.
template <class Proposal, class Propose>
auto choose(const Conv2dSizes& s, const char* pass, const Propose& propose) {
  std::array<Proposal, 16> proposals;
  int found = 0;
  cudnn_check(propose(int(proposals.size()), &found, proposals.data()), described(s), ", ", pass);
  for (int i = 0; i < found; ++i) {
    const Proposal& p = proposals[size_t(i)];
    const bool ieee = p.mathType == CUDNN_FMA_MATH || p.mathType == CUDNN_DEFAULT_MATH;
    if (p.status == CUDNN_STATUS_SUCCESS && p.determinism == CUDNN_DETERMINISTIC && ieee &&
        p.memory <= most_workspace)
      return Choice<decltype(p.algo)>{p.algo, p.memory};
  }
  throw Error(text(described(s), ", ", pass, ": none of cuDNN's ", found,
                   " algorithms gives the same bits each time within ", most_workspace >> 20,
                   " MiB; use this project's kernels, or a smaller batch"));
}

/// Descriptors of one shape, and the algorithms of the passes asked for so far.
template <class T>
struct Plan {
  CudnnTensor x, y, bias;
  CudnnFilter weight;
  CudnnConvolution convolution;
  std::optional<Choice<cudnnConvolutionFwdAlgo_t>> forward;
  std::optional<Choice<cudnnConvolutionBwdDataAlgo_t>> backward_x;
  std::optional<Choice<cudnnConvolutionBwdFilterAlgo_t>> backward_weight;

  explicit Plan(const Conv2dSizes& s)
      : x(cudnn_tensor<T>("conv2d: x", s.N, s.C, s.H, s.W)),
        y(cudnn_tensor<T>("conv2d: y", s.N, s.K, s.output_height(), s.output_width())),
        bias(cudnn_tensor<T>("conv2d: bias", 1, s.K, 1, 1)) {
    check_counted("conv2d: weight", s.K, s.C, s.R, s.S);
    cudnn_check(cudnnSetFilter4dDescriptor(weight, cudnn_type<T>, CUDNN_TENSOR_NCHW, int(s.K),
                                           int(s.C), int(s.R), int(s.S)),
                described(s));
    cudnn_check(cudnnSetConvolution2dDescriptor(convolution, int(s.padding.y), int(s.padding.x),
                                                int(s.stride.y), int(s.stride.x), 1, 1,
                                                CUDNN_CROSS_CORRELATION, cudnn_type<T>),
                described(s));
    cudnn_check(cudnnSetConvolutionMathType(convolution, CUDNN_FMA_MATH), described(s));
    int n = 0, k = 0, p = 0, q = 0;
    cudnn_check(cudnnGetConvolution2dForwardOutputDim(convolution, x, weight, &n, &k, &p, &q),
                described(s));
    check(n == s.N && k == s.K && p == s.output_height() && q == s.output_width(), described(s),
          ": cuDNN makes it (", n, ", ", k, ", ", p, ", ", q, ")");
  }
};

template <class T>
Plan<T>& plan_of(const Conv2dSizes& s) {
  thread_local std::map<std::array<int64_t, 11>, Plan<T>> plans;
  return plans
      .try_emplace(
          {s.N, s.C, s.H, s.W, s.K, s.R, s.S, s.stride.y, s.stride.x, s.padding.y, s.padding.x}, s)
      .first->second;
}

/// Memory for one call.
class Workspace {
 public:
  explicit Workspace(size_t bytes) : bytes_(bytes) {
    if (bytes) memory_ = Tensor({int64_t(bytes)}, DType::u8, Device::cuda);
  }
  void* memory() const { return memory_ ? memory_.bytes() : nullptr; }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_;
  Tensor memory_;
};

template <class T>
void forward(const Conv2dSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  Plan<T>& plan = plan_of<T>(s);
  const cudnnHandle_t handle = cudnn_handle();
  if (!plan.forward)
    plan.forward = choose<cudnnConvolutionFwdAlgoPerf_t>(s, "forward", [&](auto... out) {
      return cudnnGetConvolutionForwardAlgorithm_v7(handle, plan.x, plan.weight, plan.convolution,
                                                    plan.y, out...);
    });
  const Workspace work(plan.forward->workspace);
  cudnn_check(cudnnConvolutionForward(handle, &cudnn_one<T>, plan.x, x, plan.weight, weight,
                                      plan.convolution, plan.forward->algorithm, work.memory(),
                                      work.bytes(), &cudnn_zero<T>, plan.y, y),
              described(s), ", forward");
  if (bias)
    cudnn_check(cudnnAddTensor(handle, &cudnn_one<T>, plan.bias, bias, &cudnn_one<T>, plan.y, y),
                described(s), ", bias");
}

template <class T>
void backward_x(const Conv2dSizes& s, const T* dy, const T* weight, T* dx) {
  Plan<T>& plan = plan_of<T>(s);
  const cudnnHandle_t handle = cudnn_handle();
  if (!plan.backward_x)
    plan.backward_x =
        choose<cudnnConvolutionBwdDataAlgoPerf_t>(s, "gradient of x", [&](auto... out) {
          return cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, plan.weight, plan.y,
                                                             plan.convolution, plan.x, out...);
        });
  const Workspace work(plan.backward_x->workspace);
  cudnn_check(cudnnConvolutionBackwardData(handle, &cudnn_one<T>, plan.weight, weight, plan.y, dy,
                                           plan.convolution, plan.backward_x->algorithm,
                                           work.memory(), work.bytes(), &cudnn_zero<T>, plan.x, dx),
              described(s), ", gradient of x");
}

template <class T>
void backward_weight(const Conv2dSizes& s, const T* dy, const T* x, T* dweight) {
  Plan<T>& plan = plan_of<T>(s);
  const cudnnHandle_t handle = cudnn_handle();
  if (!plan.backward_weight)
    plan.backward_weight =
        choose<cudnnConvolutionBwdFilterAlgoPerf_t>(s, "gradient of weight", [&](auto... out) {
          return cudnnGetConvolutionBackwardFilterAlgorithm_v7(
              handle, plan.x, plan.y, plan.convolution, plan.weight, out...);
        });
  const Workspace work(plan.backward_weight->workspace);
  cudnn_check(
      cudnnConvolutionBackwardFilter(handle, &cudnn_one<T>, plan.x, x, plan.y, dy, plan.convolution,
                                     plan.backward_weight->algorithm, work.memory(), work.bytes(),
                                     &cudnn_zero<T>, plan.weight, dweight),
      described(s), ", gradient of weight");
}

template <class T>
void backward_bias(const Conv2dSizes& s, const T* dy, T* dbias) {
  const Plan<T>& plan = plan_of<T>(s);
  cudnn_check(cudnnConvolutionBackwardBias(cudnn_handle(), &cudnn_one<T>, plan.y, dy,
                                           &cudnn_zero<T>, plan.bias, dbias),
              described(s), ", gradient of bias");
}

template <class T>
constexpr Conv2dKernels<T> kernels{forward<T>, backward_x<T>, backward_weight<T>, backward_bias<T>};

}  // namespace

template <>
const Conv2dKernels<float> On<Conv2dKernels<float>>::library = kernels<float>;
template <>
const Conv2dKernels<double> On<Conv2dKernels<double>>::library = kernels<double>;

}  // namespace hitsieve
