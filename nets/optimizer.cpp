#include "nets/optimizer.h"

namespace hitsieve {

Optimizer::Optimizer(std::vector<NamedTensor> parameters,
                     std::variant<SgdOptions, AdamOptions> options)
    : parameters_(std::move(parameters)), options_(options) {
  for (const auto& [name, p] : parameters_) {
    first_.push_back(Tensor::zeros(p.shape(), p.dtype(), p.device()));
    second_.push_back(std::holds_alternative<AdamOptions>(options_)
                          ? Tensor::zeros(p.shape(), p.dtype(), p.device())
                          : Tensor());
  }
}

void Optimizer::sum_gradients(const Communicator& together) const {
  std::vector<Tensor> gradients;
  int64_t count = 0;
  for (const auto& [name, parameter] : parameters_)
    if (const Tensor gradient = parameter.grad()) {
      check(gradient.dtype() == DType::f32, "optimizer: the gradient of ", name, " is ",
            gradient.dtype());
      gradients.push_back(gradient), count += gradient.count();
    }
  if (gradients.empty()) return;
  const Device device = gradients.front().device();
  const DeviceOps& ops = pick<DeviceOps>(device);
  const Tensor all({count}, DType::f32, device);  // one message, not one a parameter
  float* at = all.data<float>();
  for (const Tensor& gradient : gradients) {
    ops.copy(at, gradient.data<float>(), size_t(gradient.count()) * sizeof(float));
    at += gradient.count();
  }
  together.sum(all);
  at = all.data<float>();
  for (const Tensor& gradient : gradients) {
    ops.copy(gradient.data<float>(), at, size_t(gradient.count()) * sizeof(float));
    at += gradient.count();
  }
}

void Optimizer::step(double learning_rate) {
  const std::array<double, 3> numbers = begin_step(learning_rate);
  if (!parameters_.empty()) update(Tensor::numbers(numbers, first_.front().device()));
}

std::array<double, 3> Optimizer::begin_step(double learning_rate) {
  ++steps_;
  if (std::holds_alternative<SgdOptions>(options_)) return {learning_rate, 0, 0};
  AdamOptions options = std::get<AdamOptions>(options_);
  options.learning_rate = learning_rate;
  const AdamNumbers numbers = adam_numbers(steps_, options);
  return {numbers.rate, numbers.root_scale, numbers.kept};
}

void Optimizer::update(const Tensor& numbers) const {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& p = parameters_[i].tensor;
    const Tensor gradient = p.grad();
    if (!gradient) continue;
    if (const SgdOptions* with = std::get_if<SgdOptions>(&options_))
      sgd(p, gradient, first_[i], numbers, *with);
    else
      adam(p, gradient, first_[i], second_[i], numbers, std::get<AdamOptions>(options_));
    p.clear_grad();
  }
}

std::map<std::string, Tensor> Optimizer::state() const {
  std::map<std::string, Tensor> state;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    state[parameters_[i].name + "/first"] = first_[i].clone();
    if (second_[i]) state[parameters_[i].name + "/second"] = second_[i].clone();
  }
  state["steps"] = Tensor::of<double>({1}, std::vector<double>{double(steps_)});
  return state;
}

void Optimizer::restore(const std::map<std::string, Tensor>& state) {
  auto find = [&](const std::string& name) {
    const auto found = state.find(name);
    check(found != state.end(), "optimizer: the state has no \"", name, "\"");
    return found->second;
  };
  for (size_t i = 0; i < parameters_.size(); ++i) {
    first_[i].copy_from(find(parameters_[i].name + "/first"));
    if (second_[i]) second_[i].copy_from(find(parameters_[i].name + "/second"));
  }
  steps_ = int64_t(find("steps").values<double>().at(0));
}

}  // namespace hitsieve
