#include <limits>

#include "kernels/relu.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {
const Operation operation = [](const std::vector<Tensor>& in) { return relu(in[0]); };
}

TEST_CASE("relu: golden values, and the slope at zero") {
  for (Device device : devices()) {
    CAPTURE(device);
    const float infinity = std::numeric_limits<float>::infinity();
    const Tensor x =
        Tensor::of<float>({5}, std::vector<float>{-2, 0, 3, infinity, -infinity}, device);
    CHECK(relu(x).values<float>() == std::vector<float>{0, 0, 3, infinity, 0});
    const Tensor leaf = x.clone().require_grad(), ones({5}, DType::f32, device);
    ones.fill(1);
    Tape tape;
    tape.backward(relu(leaf), ones);
    CHECK(leaf.grad().values<float>() == std::vector<float>{0, 0, 1, 1, 0});
  }
}

TEST_CASE("relu: a NaN is not hidden") {
  for (Device device : devices()) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CAPTURE(device);
    CHECK(std::isnan(
        relu(Tensor::of<float>({1}, std::vector<float>{nan}, device)).values<float>()[0]));
  }
}

TEST_CASE("relu: gradients") {
  for (Device device : devices()) {
    CAPTURE(device);
    gradcheck({normal<double>({3, 2, 5}, 1, device)}, operation);
  }
}

TEST_CASE("relu: float32 is float64 rounded, on every device") {
  for (const Shape& shape : {Shape{1}, Shape{3, 7, 11}, Shape{1, 1, 5, 257}}) {
    const std::vector<Tensor> in = {normal<double>(shape, 1)};
    const Tensor exact = relu(in[0]), slope = gradients(in, operation)[0];
    for (Device device : devices())
      on_every_schedule([&] {
        CAPTURE(device);
        CAPTURE(shape);
        check_close<float>(relu(normal<float>(shape, 1, device)), rounded(exact), 0);
        check_close<float>(gradients({normal<float>(shape, 1, device)}, operation)[0],
                           rounded(slope), 0);
      });
  }
}

TEST_CASE("relu: the same bits for any number of threads") {
  check_threads_agree([] {
    const Tensor x = normal<float>({200001}, 1);
    return std::vector<Tensor>{relu(x), gradients({x}, operation)[0]};
  });
}

TEST_CASE("relu: nothing in, nothing out; integers are refused") {
  CHECK(relu(Tensor({0, 3})).count() == 0);
  CHECK_THROWS_WITH_AS(relu(Tensor({3}, DType::i32)), doctest::Contains("int32"), Error);
  CHECK_THROWS_AS(relu({}), Error);
}
