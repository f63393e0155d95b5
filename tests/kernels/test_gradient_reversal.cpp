#include <limits>

#include "kernels/gradient_reversal.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

TEST_CASE("gradient_reversal: the same elements forward, -lambda times the slope backward") {
  for (Device device : devices())
    for (const Shape& shape : {Shape{1}, Shape{3, 5, 67}, Shape{0, 4}})
      on_every_schedule([&] {
        CAPTURE(device);
        CAPTURE(shape);
        const Tensor x = normal<float>(shape, 1, device);
        CHECK(gradient_reversal(x, 2).data<float>() == x.data<float>());
        const Tensor dy = normal<float>(shape, 2, device), leaf = x.clone().require_grad();
        Tape tape;
        const Tensor y = gradient_reversal(leaf, 0.25);
        tape.backward(y, dy);
        std::vector<float> expected = dy.values<float>();
        for (float& v : expected) v *= -0.25f;
        CHECK(leaf.grad().values<float>() == expected);
      });
}

TEST_CASE("gradient_reversal: in a fork, the branches' gradients are summed") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor x = normal<double>({1}, 1, device).require_grad();
    Tape tape;
    const Tensor reversed = gradient_reversal(x, 0.75), same = x.reshaped({1});
    tape.backward({reversed, same});
    CHECK(x.grad().values<double>() == std::vector<double>{0.25});
  }
}

TEST_CASE("gradient_reversal: without a tape nothing wants a gradient") {
  const Tensor x = normal<float>({3}, 1).require_grad();
  CHECK(!gradient_reversal(x, 1).requires_grad());
  Tape tape;
  CHECK(gradient_reversal(x, 1).requires_grad());
  CHECK(!gradient_reversal(normal<float>({3}, 1), 1).requires_grad());
}

TEST_CASE("gradient_reversal: the same bits for any number of threads") {
  check_threads_agree([] {
    return gradients({normal<float>({200001}, 1)},
                     [](auto& in) { return gradient_reversal(in[0], 0.3); });
  });
}

TEST_CASE("gradient_reversal: integers and a lambda that is no number are refused") {
  CHECK_THROWS_WITH_AS(gradient_reversal(Tensor({3}, DType::i32), 1), doctest::Contains("int32"),
                       Error);
  CHECK_THROWS_WITH_AS(gradient_reversal(Tensor({3}), std::numeric_limits<double>::quiet_NaN()),
                       doctest::Contains("not finite"), Error);
}
