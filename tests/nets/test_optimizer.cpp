#include <doctest/doctest.h>

#include "nets/optimizer.h"
#include "tests/kernels/tensors.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// Minimises sum (w - 3)^2 for some steps.
void descend(Tensor& w, Optimizer& optimizer, int steps) {
  for (int i = 0; i < steps; ++i) {
    std::vector<float> gradient;
    for (float v : w.values<float>()) gradient.push_back(2 * (v - 3));
    w.add_grad(Tensor::of<float>(w.shape(), gradient, w.device()));
    optimizer.step(0.1);
    CHECK(!w.grad().defined());
  }
}

}  // namespace

TEST_CASE("optimizer: goes on from its saved state as if it had never stopped") {
  for (Device device : devices())
    for (const std::variant<SgdOptions, AdamOptions>& options :
         {std::variant<SgdOptions, AdamOptions>(SgdOptions{.learning_rate = 0, .momentum = 0.9}),
          std::variant<SgdOptions, AdamOptions>(AdamOptions{.learning_rate = 0})}) {
      CAPTURE(device);
      Tensor whole = normal<float>({5}, 1, device).require_grad();
      Optimizer one({{"w", whole}}, options);
      descend(whole, one, 4);

      Tensor part = normal<float>({5}, 1, device).require_grad();
      Optimizer before({{"w", part}}, options);
      descend(part, before, 2);
      Tensor rest = part.clone().require_grad();
      Optimizer after({{"w", rest}}, options);
      after.restore(before.state());
      descend(rest, after, 2);
      CHECK(rest.values<float>() == whole.values<float>());
      CHECK(after.steps() == 4);
      CHECK_THROWS_WITH_AS(after.restore({}), doctest::Contains("has no \"w/first\""), Error);
    }
}

TEST_CASE("optimizer: descends, and leaves what has no gradient alone") {
  Tensor w = normal<float>({5}, 1).require_grad(), still = normal<float>({2}, 2).require_grad();
  const std::vector<float> before = still.values<float>();
  Optimizer optimizer({{"w", w}, {"still", still}}, AdamOptions{.learning_rate = 0});
  descend(w, optimizer, 200);
  for (float v : w.values<float>()) CHECK(v == doctest::Approx(3).epsilon(0.01));
  CHECK(still.values<float>() == before);
}
