#include "kernels/first_rows.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

TEST_CASE("first_rows: golden values, gradients, and what is refused") {
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor x = Tensor::of<float>({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6}, device);
    CHECK(first_rows(x, 2).values<float>() == std::vector<float>{1, 2, 3, 4});
    CHECK(first_rows(x, 2).shape() == Shape{2, 2});
    gradcheck({normal<double>({4, 3}, 1, device)}, [](auto& in) { return first_rows(in[0], 3); });
    const Tensor all = normal<float>({4, 2}, 2, device);
    CHECK(first_rows(all, 4).values<float>() == all.values<float>());
    CHECK_THROWS_WITH_AS(first_rows(x, 4), doctest::Contains("4 rows of a tensor (3, 2)"), Error);
    CHECK_THROWS_AS(first_rows(x, 0), Error);
    CHECK_THROWS_WITH_AS(first_rows(Tensor({2, 1}, DType::i32, device), 1),
                         doctest::Contains("int32"), Error);
  }
}
