#include <doctest/doctest.h>

#include "engine/tensor.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using test::devices;

TEST_CASE("tensor: every type keeps its values on every device") {
  for (Device device : devices()) {
    CAPTURE(device);
    CHECK(Tensor::of<float>({2}, std::vector<float>{1.5f, -2}, device).values<float>() ==
          std::vector<float>{1.5f, -2});
    CHECK(Tensor::of<double>({1}, std::vector<double>{1e300}, device).values<double>() ==
          std::vector<double>{1e300});
    CHECK(Tensor::of<int32_t>({2}, std::vector<int32_t>{-7, 1 << 30}, device).values<int32_t>() ==
          std::vector<int32_t>{-7, 1 << 30});
    CHECK(Tensor::of<uint16_t>({1}, std::vector<uint16_t>{65535}, device).values<uint16_t>() ==
          std::vector<uint16_t>{65535});
  }
}

TEST_CASE("tensor: data<T> of another type, and values of another number, are errors") {
  const Tensor x({3});
  CHECK_THROWS_WITH_AS(x.data<double>(), "tensor of float32 read as float64", Error);
  CHECK_THROWS_WITH_AS(Tensor::of<float>({3}, std::vector<float>{1, 2}),
                       doctest::Contains("given 2 values, it holds 3"), Error);
  CHECK_THROWS_AS(Tensor().shape(), Error);
  CHECK_THROWS_AS(Shape({1, 2, 3, 4, 5}), Error);
  CHECK_THROWS_AS(Shape({2, -1}), Error);
}

TEST_CASE("tensor: copies share, clone and to() do not") {
  const Tensor a = Tensor::of<float>({2}, std::vector<float>{1, 2});
  const Tensor shared = a, reshaped = a.reshaped({1, 2}), cloned = a.clone();
  a.data<float>()[0] = 9;
  CHECK(shared.values<float>()[0] == 9);
  CHECK(reshaped.values<float>()[0] == 9);
  CHECK(cloned.values<float>()[0] == 1);
  for (Device device : devices()) {
    const Tensor there = a.to(device);
    CHECK(there.device() == device);
    CHECK(there.to(Device::cpu).values<float>() == std::vector<float>{9, 2});
    CHECK(there.clone().values<float>() == std::vector<float>{9, 2});
  }
}

TEST_CASE("tensor: a device that is not there is an error that says why") {
  if (available(Device::cuda)) return;
  CHECK_THROWS_WITH_AS(Tensor({1}, DType::f32, Device::cuda), doctest::Contains("no cuda device"),
                       Error);
}

TEST_CASE(
    "tensor: memory that a GPU does not have is one error, not the next operation's as well") {
  if (devices().back() != Device::cuda) return;
  CHECK_THROWS_WITH_AS(Tensor({int64_t(1) << 45}, DType::f32, Device::cuda),
                       doctest::Contains("140737488355328 bytes asked for on the GPU"),
                       OutOfMemory);
  CHECK_NOTHROW(Tensor::zeros({5}, DType::f32, Device::cuda));
}

TEST_CASE("tensor: gradients add up, and are checked") {
  for (Device device : devices()) {
    CAPTURE(device);
    Tensor x({2}, DType::f64, device);
    x.require_grad();
    const Tensor g = Tensor::of<double>({2}, std::vector<double>{1, 10}, device);
    x.add_grad(g);
    x.add_grad(g);
    CHECK(x.grad().values<double>() == std::vector<double>{2, 20});
    CHECK(g.values<double>() == std::vector<double>{1, 10});  // the first was shared, not changed
    CHECK_THROWS_AS(x.add_grad(Tensor({3}, DType::f64, device)), Error);
    CHECK_THROWS_AS(x.add_grad(Tensor({2}, DType::f32, device)), Error);
    x.clear_grad();
    CHECK(!x.grad().defined());
  }
  CHECK_THROWS_AS(Tensor({2}, DType::i32).require_grad(), Error);
}

TEST_CASE("tensor: large memory on the CPU is used again, and survives a lack of memory") {
  const auto large = [](float value) {
    return Tensor::of<float>({1 << 20}, std::vector<float>(1 << 20, value));
  };
  [[maybe_unused]] const void* first = large(1).bytes();
  const Tensor again = large(2), other = large(3);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they are to see blocks go
  CHECK(again.bytes() == first);
  { const Tensor kept = large(4); }
  CHECK_THROWS_AS(Tensor({int64_t(1) << 55}, DType::f32), OutOfMemory);  // gives back what is kept
#endif
  CHECK(other.bytes() != again.bytes());
  CHECK(again.values<float>() == std::vector<float>(1 << 20, 2.0f));
  CHECK(large(5).values<float>()[0] == 5);
  CHECK(other.values<float>()[12345] == 3);
}
