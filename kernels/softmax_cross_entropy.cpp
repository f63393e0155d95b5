#include "kernels/softmax_cross_entropy.h"

#include <algorithm>
#include <limits>

#include "engine/parallel.h"
#include "engine/tape.h"

namespace hitsieve {
namespace {

/// body(row) for all rows, in parallel.
template <class Body>
void for_rows(int64_t N, int64_t K, const Body& body) {
  parallel_for(N, std::max<int64_t>(1, 4096 / K), [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) body(n);
  });
}

template <class T>
void softmax(int64_t N, int64_t K, const T* x, T* y) {
  for_rows(N, K, [&](int64_t n) { softmax_row(K, x + n * K, y + n * K); });
}

template <class T>
void softmax_backward(int64_t N, int64_t K, const T* dy, const T* y, T* dx) {
  for_rows(N, K, [&](int64_t n) { softmax_backward_row(K, dy + n * K, y + n * K, dx + n * K); });
}

template <class T>
void forward(int64_t N, int64_t K, const T* logits, const int32_t* targets, const T* class_weights,
             T* loss, T* weight_sum, CrossEntropyStatus* status) {
  double losses = 0, weights = 0;
  int64_t n = 0;
  for (; n < N && targets[n] >= 0 && targets[n] < K; ++n) {
    const double weight = class_weights ? double(class_weights[targets[n]]) : 1;
    losses += weight * double(cross_entropy_row(K, logits + n * K, targets[n]));
    weights += weight;
  }
  if (n < N) weights = std::numeric_limits<double>::quiet_NaN();
  *loss = T(losses / weights);
  *weight_sum = T(weights);
  *status = {int32_t(n), weights > 0};
}

template <class T>
void backward(int64_t N, int64_t K, const T* logits, const int32_t* targets, const T* class_weights,
              const T* weight_sum, const T* dloss, T* dlogits) {
  for_rows(N, K, [&](int64_t n) {
    const T weight = row_weight(K, class_weights, targets[n]);
    cross_entropy_backward_row(K, logits + n * K, targets[n], *dloss * weight / *weight_sum,
                               dlogits + n * K);
  });
}

template <class T>
constexpr SoftmaxCrossEntropyKernels<T> kernels{softmax<T>, softmax_backward<T>, forward<T>,
                                                backward<T>};

}  // namespace

template <>
const SoftmaxCrossEntropyKernels<float> On<SoftmaxCrossEntropyKernels<float>>::cpu = kernels<float>;
template <>
const SoftmaxCrossEntropyKernels<double> On<SoftmaxCrossEntropyKernels<double>>::cpu =
    kernels<double>;

namespace {

void check_rows(const char* who, const char* name, const Tensor& x) {
  check(x.shape().rank() == 2, who, ": ", name, " has shape ", x.shape(), ", expected (N, K)");
  check(x.count() > 0, who, ": ", name, " ", x.shape(), " has no elements");
  check(x.shape()[0] < std::numeric_limits<int32_t>::max(), who, ": ", x.shape()[0],
        " rows are too many");
}

void check_status(const Tensor& status, const Tensor& targets, int64_t N, int64_t K) {
  const char* who = "softmax_cross_entropy";
  const std::vector<int32_t> found = status.values<int32_t>();
  if (found[0] < N)
    check(false, who, ": target ", targets.values<int32_t>()[size_t(found[0])], " of row ",
          found[0], " is outside [0, ", K, ")");
  check(found[1] != 0, who, ": the class weights of the ", N, " targets do not sum to above 0");
}

}  // namespace

Tensor softmax(const Tensor& x) {
  check_rows("softmax", "x", x);
  const int64_t N = x.shape()[0], K = x.shape()[1];
  Tensor y(x.shape(), x.dtype(), x.device());
  by_float(x.dtype(), "softmax", [&]<class T>() {
    const auto& device = pick<SoftmaxCrossEntropyKernels<T>>(x.device());
    device.softmax(N, K, x.data<T>(), y.data<T>());
    record(y, {x}, [=, &device](const Tensor& dy) {
      Tensor dx(x.shape(), x.dtype(), x.device());
      device.softmax_backward(N, K, dy.data<T>(), y.data<T>(), dx.template data<T>());
      x.add_grad(dx);
    });
  });
  return y;
}

Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& targets,
                             const Tensor& class_weights, BadTargets bad) {
  const char* who = "softmax_cross_entropy";
  check_rows(who, "logits", logits);
  const int64_t N = logits.shape()[0], K = logits.shape()[1];
  check_shape(who, "targets", targets, {N});
  check(targets.dtype() == DType::i32 && targets.device() == logits.device(), who, ": targets are ",
        targets.dtype(), " on ", targets.device(), ", expected int32 on ", logits.device());
  if (class_weights) {
    check_like(who, "class_weights", class_weights, logits);
    check_shape(who, "class_weights", class_weights, {K});
  }
  Tensor loss(Shape{}, logits.dtype(), logits.device());
  const Tensor weight_sum(Shape{}, logits.dtype(), logits.device());
  const Tensor status({2}, DType::i32, logits.device());
  by_float(logits.dtype(), who, [&]<class T>() {
    const auto& device = pick<SoftmaxCrossEntropyKernels<T>>(logits.device());
    const T* weights = class_weights ? class_weights.data<T>() : nullptr;
    device.forward(N, K, logits.data<T>(), targets.data<int32_t>(), weights, loss.data<T>(),
                   weight_sum.data<T>(), static_cast<CrossEntropyStatus*>(status.bytes()));
    if (bad == BadTargets::error) check_status(status, targets, N, K);
    record(loss, {logits}, [=, &device](const Tensor& dloss) {
      Tensor dlogits(logits.shape(), logits.dtype(), logits.device());
      device.backward(N, K, logits.data<T>(), targets.data<int32_t>(),
                      class_weights ? class_weights.data<T>() : nullptr, weight_sum.data<T>(),
                      dloss.data<T>(), dlogits.template data<T>());
      logits.add_grad(dlogits);
    });
  });
  return loss;
}

}  // namespace hitsieve
