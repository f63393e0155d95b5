#include "kernels/batch_norm_together.h"
#include "tests/engine/run_together.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// Rows of x that a process takes.
Tensor rows(const Tensor& x, Share share) {
  const std::vector<double> all = x.values<double>();
  const int64_t row = x.shape().row();
  const auto from = all.begin() + share.first * row;
  Shape shape = x.shape().rank() == 2 ? Shape{share.count, x.shape()[1]}
                                      : Shape{share.count, x.shape()[1], x.shape()[2]};
  return Tensor::of<double>(shape, std::vector<double>(from, from + share.count * row), x.device());
}

/// y, dx, dweight, dbias, running mean and variance.
using Results = std::vector<Tensor>;

template <class Norm>
Results results(const Tensor& x, const Tensor& dy, const Norm& norm) {
  const Device device = x.device();
  const int64_t C = x.shape()[1];
  const Tensor leaf = x.clone().require_grad();
  const Tensor weight = normal<double>({C}, 2, device).require_grad();
  const Tensor bias = normal<double>({C}, 3, device).require_grad();
  const Tensor mean = normal<double>({C}, 4, device), variance({C}, DType::f64, device);
  variance.fill(2);
  Tape tape;
  const Tensor y = norm(leaf, weight, bias, mean, variance, BatchNormOptions{.training = true});
  tape.backward(y, dy);
  return {y, leaf.grad(), weight.grad(), bias.grad(), mean, variance};
}

}  // namespace

TEST_CASE("batch_norm_together: parts of a batch give what the whole gives, both ways") {
  for (const Device device : devices())
    for (const Shape& shape : {Shape{7, 3}, Shape{8, 2, 33}}) {
      CAPTURE(device);
      CAPTURE(shape.rank());
      const Tensor x = normal<double>(shape, 1, device), dy = normal<double>(shape, 9, device);
      const Results whole = results(x, dy, [](const auto&... all) { return batch_norm(all...); });
      const int count = 3;
      std::vector<Results> found(count);
      std::vector<Share> shares(count);
      run_together(count, [&](const Communicator& together) {
        const Share share = share_of(shape[0], &together);
        shares[size_t(together.rank())] = share;
        Results own = results(rows(x, share), rows(dy, share), [&](const auto&... all) {
          return batch_norm_together(all..., together);
        });
        together.sum(own[2]), together.sum(own[3]);  // of weight and bias: this part's alone
        found[size_t(together.rank())] = own;
      });
      for (int rank = 0; rank < count; ++rank) {
        const Results& own = found[size_t(rank)];
        for (size_t i : {0, 1})
          check_close<double>(own[i], rows(whole[i], shares[size_t(rank)]), 1e-12);
        for (size_t i : {2, 3, 4, 5}) check_close<double>(own[i], whole[i], 1e-12);
      }
    }
}

TEST_CASE("batch_norm_together: a part without a variance is refused") {
  run_together(1, [](const Communicator& together) {
    const Tensor x = normal<double>({1, 3}, 1), c = normal<double>({3}, 2);
    CHECK_THROWS_WITH_AS(batch_norm_together(x, c, c, c, c, {.training = true}, together),
                         doctest::Contains("one value a channel"), Error);
    CHECK_THROWS_WITH_AS(batch_norm_together(x, c, c, c, c, {.training = false}, together),
                         doctest::Contains("is for training"), Error);
  });
}
