// What dann_example trains: domain-adversarial training (nets/README.md) at its smallest. Two
// half-moons in the plane are two classes; the target domain is the same moons turned, and nobody
// says which target point belongs to which moon.
#pragma once
#include <functional>
#include <vector>

#include "engine/philox.h"
#include "nets/classifier.h"
#include "nets/optimizer.h"

namespace hitsieve {

/// Points of one domain: x (N, 2), classes (N) of type i32, 0 the upper moon and 1 the lower.
struct Moons {
  Tensor x, classes;
};
/// count/2 points a class, blurred, turned by `degrees` about the middle between the moons.
Moons make_moons(int64_t count, double degrees, Random& random);

/// The three parts of a DANN, all of fully connected layers. Logits are (N, 2).
class MoonNet {
 public:
  explicit MoonNet(uint64_t seed);

  Tensor features(const Tensor& x) const;  ///< (N, 2) -> (N, 60), the base
  Tensor label_logits(const Tensor& features) const;
  Tensor domain_logits(const Tensor& features) const;  ///< class 0: source, 1: target
  std::vector<NamedTensor> parameters();
  const Tensor& first_weight() const { return first_.weight; }

 private:
  explicit MoonNet(Initializer initializer);
  LinearLayer first_, second_;  // the base
  Classifier label_, domain_;
};

/// Gradients at the base's first weight, one step's: of the label loss L_l, of the domain loss L_d
/// with no reversal on the way, of L_d through the reversal, and of both losses in one backward
/// pass.
struct BaseGradients {
  double lambda = 0;
  std::vector<float> label, domain, reversed, both;
};
double norm(const std::vector<float>& gradient);

struct MoonTraining {
  uint64_t seed = 1;
  int64_t steps = 1000;
  double learning_rate = 0.2;                     ///< at the start
  double degrees = 35;                            ///< that the target is turned by
  std::function<double(double progress)> lambda;  ///< progress in [0, 1)
};

struct TrainedMoons {
  Moons source, target;  ///< that it was trained on; target.classes only for the picture
  MoonNet net;
  BaseGradients gradients;  ///< after a tenth of the steps
  double source_accuracy = 0, target_accuracy = 0, domain_accuracy = 0;  ///< on fresh points
};

/// The same numbers for the same seed. steps = 0: as initialised. Error when the loss is no number.
TrainedMoons train_moons(const MoonTraining& options);

}  // namespace hitsieve
