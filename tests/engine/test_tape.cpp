#include <doctest/doctest.h>

#include "engine/tape.h"
#include "kernels/linear.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using test::devices;

namespace {

/// y = a * x for one element, as the smallest operation there is.
Tensor scaled(const Tensor& x, double a) {
  Tensor y = Tensor::of<double>({1}, std::vector<double>{a * x.values<double>()[0]});
  record(y, {x}, [x, a](const Tensor& dy) {
    x.add_grad(Tensor::of<double>({1}, std::vector<double>{a * dy.values<double>()[0]}));
  });
  return y;
}

Tensor one_leaf(double value) {
  return Tensor::of<double>({1}, std::vector<double>{value}).require_grad();
}

}  // namespace

TEST_CASE("tape: the chain rule") {
  const Tensor x = one_leaf(3);
  Tape tape;
  tape.backward(scaled(scaled(x, 5), 7));
  CHECK(x.grad().values<double>()[0] == 35);
  CHECK(tape.size() == 0);  // consumed
}

TEST_CASE("tape: a fork is summed, and several losses are one sum") {
  const Tensor x = one_leaf(3);
  Tape tape;
  const Tensor shared = scaled(x, 2);
  tape.backward({scaled(shared, 10), scaled(shared, -1)});
  CHECK(x.grad().values<double>()[0] == 18);
}

TEST_CASE("tape: without a tape, or without a leaf that wants it, nothing is noted") {
  const Tensor x = one_leaf(1), constant = Tensor::of<double>({1}, std::vector<double>{1});
  CHECK(!scaled(x, 2).requires_grad());
  Tape tape;
  CHECK(!scaled(constant, 2).requires_grad());
  CHECK(tape.size() == 0);
  CHECK(scaled(x, 2).requires_grad());
  CHECK(tape.size() == 1);
}

TEST_CASE("tape: what reaches no loss is left alone; backward functions are not recorded") {
  const Tensor x = one_leaf(1), other = one_leaf(1);
  Tape tape;
  const Tensor unused = scaled(other, 2), loss = scaled(x, 3);
  tape.backward(loss);
  CHECK(!other.grad().defined());
  CHECK(Tape::current() == &tape);
}

TEST_CASE("tape: an inner tape, and errors") {
  const Tensor x = one_leaf(1);
  Tape outer;
  {
    Tape inner;
    scaled(x, 2);
    CHECK(inner.size() == 1);
    CHECK_THROWS_AS(outer.backward(scaled(x, 2)), Error);
  }
  CHECK(outer.size() == 0);
  CHECK(Tape::current() == &outer);
  CHECK_THROWS_WITH_AS(outer.backward(Tensor({2})), doctest::Contains("expected one element"),
                       Error);
  CHECK_THROWS_WITH_AS(outer.backward(Tensor({1})), doctest::Contains("no tensor that wants"),
                       Error);
}

TEST_CASE("tape: reshaped is differentiable") {
  for (Device device : devices())
    test::gradcheck({test::normal<double>({2, 3}, 1, device)}, [](auto& in) {
      return in[0].reshaped({3, 2}).reshaped({6});
    });
}
