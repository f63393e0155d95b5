#include "nets/layers.h"

#include <cmath>

#include "engine/philox.h"
#include "kernels/conv1d.h"
#include "kernels/conv2d.h"
#include "kernels/dropout.h"
#include "kernels/linear.h"
#include "kernels/norm_pool.h"

namespace hitsieve {

Tensor Initializer::weight(const Shape& shape) {
  Random random(seed, stream_of(StreamUse::weights) + stream++);
  const double deviation = std::sqrt(2.0 / double(shape.row()));
  std::vector<float> values(size_t(shape.count()));
  for (float& value : values) value = float(deviation * random.normal());
  return Tensor::of<float>(shape, values, device).require_grad();
}

Tensor Initializer::constant(const Shape& shape, double value) const {
  Tensor tensor(shape, DType::f32, device);
  tensor.fill(value);
  return tensor;
}

ConvLayer::ConvLayer(int dimensions, int64_t C, int64_t K, int64_t W, int64_t stride_,
                     Initializer& init)
    : weight(init.weight(dimensions == 2 ? Shape{K, C, W, W} : Shape{K, C, W})),
      bias(init.constant({K}, 0)),
      stride(stride_),
      padding((W - 1) / 2) {}

Tensor ConvLayer::operator()(const Tensor& x) const {
  if (weight.shape().rank() == 3)
    return conv1d(x, weight, bias, {.stride = stride, .padding = padding});
  return conv2d(x, weight, bias, {.stride = stride, .padding = padding});
}

void ConvLayer::visit(const std::string& name, const Visitor& visitor) {
  visitor(name + "/weight", weight, Role::parameter);
  visitor(name + "/bias", bias, Role::constant);
}

BatchNormLayer::BatchNormLayer(int64_t C, Initializer& init)
    : weight(init.constant({C}, 1).require_grad()),
      bias(init.constant({C}, 0).require_grad()),
      mean(init.constant({C}, 0)),
      variance(init.constant({C}, 1)) {}

Tensor BatchNormLayer::operator()(const Tensor& x, const Pool2dOptions& pool,
                                  const Mode& mode) const {
  const BatchNormOptions options{
      .training = mode.training, .momentum = momentum, .epsilon = epsilon};
  return norm_pool(x, weight, bias, mean, variance, options, pool,
                   mode.training ? mode.together : nullptr);
}

void BatchNormLayer::visit(const std::string& name, const Visitor& visitor) {
  visitor(name + "/weight", weight, Role::parameter);
  visitor(name + "/bias", bias, Role::parameter);
  visitor(name + "/mean", mean, Role::statistic);
  visitor(name + "/variance", variance, Role::statistic);
}

LinearLayer::LinearLayer(int64_t C, int64_t K, Initializer& init)
    : weight(init.weight({K, C})), bias(init.constant({K}, 0).require_grad()) {}

Tensor LinearLayer::operator()(const Tensor& x) const { return linear(x, weight, bias); }

void LinearLayer::visit(const std::string& name, const Visitor& visitor) {
  visitor(name + "/weight", weight, Role::parameter);
  visitor(name + "/bias", bias, Role::parameter);
}

Tensor apply_dropout(const Tensor& x, double p, Mode& mode) {
  if (!mode.training || p == 0) return x;
  if (!mode.together) {
    const Tensor y = dropout(x, p, mode.seed, mode.offset, mode.before);
    mode.offset += uint64_t(x.count());
    return y;
  }
  const Share& share = mode.share;  // x may have several rows for one of these
  const int64_t a_row = x.count() / share.count;
  const Tensor y =
      dropout(x, p, mode.seed, mode.offset + uint64_t(share.first * a_row), mode.before);
  mode.offset += uint64_t(share.of * a_row);
  return y;
}

void end_step(Mode& mode) {
  if (mode.offset == 0) return;
  const Device device = mode.before.device();
  const Tensor taken = Tensor::numbers({{double(mode.offset)}}, device);
  pick<DeviceOps>(device).add_f64(mode.before.data<double>(), taken.data<double>(), 1);
  mode.offset = 0;
}

}  // namespace hitsieve
