#include "apps/dann_moons.h"

#include <cmath>
#include <numbers>

#include "engine/tape.h"
#include "kernels/gradient_reversal.h"
#include "kernels/relu.h"
#include "kernels/softmax_cross_entropy.h"
#include "nets/dann.h"

namespace hitsieve {
namespace {

constexpr int64_t training_points = 300, fresh_points = 2000, base_features = 60;
constexpr double blur = 0.1;

/// 0 for the source, 1 for the target, for softmax_cross_entropy.
Tensor domain_of(const Tensor& x, int32_t domain) {
  return Tensor::of<int32_t>({x.shape()[0]}, std::vector<int32_t>(size_t(x.shape()[0]), domain));
}

/// The losses of one step, a forward pass each. `fork` is what stands between the features and the
/// domain classifier.
struct Losses {
  Tensor label, of_source, of_target;  ///< L_d = of_source + of_target

  Losses(const MoonNet& net, const Moons& source, const Tensor& target,
         const std::function<Tensor(const Tensor&)>& fork) {
    const Tensor source_features = net.features(source.x), target_features = net.features(target);
    label = softmax_cross_entropy(net.label_logits(source_features), source.classes);
    of_source =
        softmax_cross_entropy(net.domain_logits(fork(source_features)), domain_of(source.x, 0));
    of_target =
        softmax_cross_entropy(net.domain_logits(fork(target_features)), domain_of(target, 1));
  }
};

/// The same forward pass four times, and each time other losses sent back.
BaseGradients gradients_at_base(MoonNet& net, const Moons& source, const Tensor& target,
                                double lambda) {
  const auto reversed = [&](const Tensor& x) { return gradient_reversal(x, lambda); };
  const auto plain = [](const Tensor& x) { return x; };
  const auto gradient_of = [&](const auto& fork, bool label, bool domain) {
    Tape tape;
    const Losses loss(net, source, target, fork);
    if (label && domain) tape.backward({loss.label, loss.of_source, loss.of_target});
    if (label && !domain) tape.backward(loss.label);
    if (!label) tape.backward({loss.of_source, loss.of_target});
    std::vector<float> gradient = net.first_weight().grad().values<float>();
    for (const NamedTensor& parameter : net.parameters()) parameter.tensor.clear_grad();
    return gradient;
  };
  return {lambda, gradient_of(plain, true, false), gradient_of(plain, false, true),
          gradient_of(reversed, false, true), gradient_of(reversed, true, true)};
}

/// The part of rows whose larger logit is that of their class.
double accuracy(const Tensor& logits, const Tensor& classes) {
  const std::vector<float> y = logits.values<float>();
  const std::vector<int32_t> wanted = classes.values<int32_t>();
  int64_t right = 0;
  for (size_t i = 0; i < wanted.size(); ++i) right += (y[2 * i + 1] > y[2 * i]) == (wanted[i] == 1);
  return double(right) / double(wanted.size());
}

void judge_on_fresh_points(TrainedMoons& trained, const MoonTraining& options) {
  Random random(options.seed, 1);
  const MoonNet& net = trained.net;
  const Moons source = make_moons(fresh_points, 0, random);
  const Moons target = make_moons(fresh_points, options.degrees, random);
  const Tensor of_source = net.features(source.x), of_target = net.features(target.x);
  trained.source_accuracy = accuracy(net.label_logits(of_source), source.classes);
  trained.target_accuracy = accuracy(net.label_logits(of_target), target.classes);
  trained.domain_accuracy = 0.5 * (accuracy(net.domain_logits(of_source), domain_of(source.x, 0)) +
                                   accuracy(net.domain_logits(of_target), domain_of(target.x, 1)));
}

}  // namespace

Moons make_moons(int64_t count, double degrees, Random& random) {
  const double angle = degrees * std::numbers::pi / 180;
  std::vector<float> x;
  std::vector<int32_t> classes;
  for (int64_t i = 0; i < count; ++i) {
    const bool lower = i % 2 == 1;
    const double along = std::numbers::pi * random.uniform();
    const double u =
        (lower ? 0.5 - std::cos(along) : std::cos(along) - 0.5) + blur * random.normal();
    const double v =
        (lower ? 0.25 - std::sin(along) : std::sin(along) - 0.25) + blur * random.normal();
    x.push_back(float(u * std::cos(angle) - v * std::sin(angle)));
    x.push_back(float(u * std::sin(angle) + v * std::cos(angle)));
    classes.push_back(lower);
  }
  return {Tensor::of<float>({count, 2}, x), Tensor::of<int32_t>({count}, classes)};
}

MoonNet::MoonNet(uint64_t seed) : MoonNet(Initializer{.seed = seed}) {}

MoonNet::MoonNet(Initializer initializer)
    : first_(2, base_features, initializer),
      second_(base_features, base_features, initializer),
      label_(base_features, {.hidden = {}}, initializer),
      domain_(base_features, {.hidden = {32, 32}}, initializer) {}

Tensor MoonNet::features(const Tensor& x) const { return relu(second_(relu(first_(x)))); }

Tensor MoonNet::label_logits(const Tensor& features) const {
  Mode mode;
  return label_(features, mode);
}

Tensor MoonNet::domain_logits(const Tensor& features) const {
  Mode mode;
  return domain_(features, mode);
}

std::vector<NamedTensor> MoonNet::parameters() {
  std::vector<NamedTensor> all;
  const Visitor add = [&](const std::string& name, Tensor& tensor, Role) {
    all.push_back({name, tensor});
  };
  first_.visit("base/0", add), second_.visit("base/1", add);
  label_.visit("label", add), domain_.visit("domain", add);
  return all;
}

double norm(const std::vector<float>& gradient) {
  double sum = 0;
  for (float g : gradient) sum += double(g) * double(g);
  return std::sqrt(sum);
}

TrainedMoons train_moons(const MoonTraining& options) {
  Random random(options.seed);
  const Moons source = make_moons(training_points, 0, random);
  const Moons target = make_moons(training_points, options.degrees, random);
  TrainedMoons trained{source, target, MoonNet(options.seed), {}};
  MoonNet& net = trained.net;
  Optimizer optimizer(net.parameters(), SgdOptions{.learning_rate = 0});
  for (int64_t step = 0; step < options.steps; ++step) {
    const double progress = double(step) / double(options.steps), lambda = options.lambda(progress);
    if (step == options.steps / 10)
      trained.gradients = gradients_at_base(net, source, target.x, lambda);
    Tape tape;
    const Losses loss(net, source, target.x,
                      [&](const Tensor& x) { return gradient_reversal(x, lambda); });
    tape.backward({loss.label, loss.of_source, loss.of_target});
    check(std::isfinite(loss.label.values<float>()[0] + loss.of_source.values<float>()[0] +
                        loss.of_target.values<float>()[0]),
          "training with lambda ", lambda, ": the loss of step ", step + 1,
          " is no number; lower the learning rate");
    optimizer.step(dann_learning_rate(options.learning_rate, progress));
  }
  judge_on_fresh_points(trained, options);
  return trained;
}

}  // namespace hitsieve
