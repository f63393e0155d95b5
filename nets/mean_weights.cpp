#include "nets/mean_weights.h"

namespace hitsieve {
namespace {

/// Calls body(tensor, i) for the parameters of a network, in order.
template <class Body>
void for_parameters(ConvNet& network, const Body& body) {
  size_t i = 0;
  network.visit([&](const std::string&, Tensor& tensor, Role role) {
    if (role == Role::parameter) body(tensor, i++);
  });
}

void add_to(const Tensor& sum, const Tensor& x) {
  pick<DeviceOps>(sum.device()).add_f32(sum.data<float>(), x.data<float>(), sum.count());
}

}  // namespace

MeanWeights::MeanWeights(ConvNet& network) {
  for_parameters(network, [&](const Tensor& tensor, size_t) {
    sums_.push_back(Tensor::zeros(tensor.shape(), DType::f32, tensor.device()));
  });
}

void MeanWeights::clear() {
  count_ = 0;
  for (const Tensor& sum : sums_)
    pick<DeviceOps>(sum.device()).fill_f32(sum.data<float>(), 0, sum.count());
}

void MeanWeights::add(ConvNet& network) {
  for_parameters(network, [&](const Tensor& tensor, size_t i) { add_to(sums_[i], tensor); });
}

void MeanWeights::add(const MeanWeights& other) {
  for (size_t i = 0; i < sums_.size(); ++i) add_to(sums_[i], other.sums_[i]);
  count_ += other.count_;
}

void MeanWeights::store(ConvNet& network) const {
  check(count_ > 0, "mean of weights: there are none");
  for_parameters(network, [&](const Tensor& tensor, size_t i) {
    std::vector<float> mean = sums_[i].values<float>();
    for (float& w : mean) w /= float(count_);
    pick<DeviceOps>(tensor.device())
        .copy_in(tensor.data<float>(), mean.data(), mean.size() * sizeof(float));
  });
}

}  // namespace hitsieve
