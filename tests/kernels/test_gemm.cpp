#include "kernels/gemm.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// The definition, one element at a time, in double.
std::vector<float> product(const GemmSizes& s, const std::vector<float>& a,
                           const std::vector<float>& b) {
  std::vector<float> c;
  for (int64_t m = 0; m < s.M; ++m)
    for (int64_t n = 0; n < s.N; ++n) {
      double sum = 0;
      for (int64_t k = 0; k < s.K; ++k)
        sum += double(a[size_t(s.transpose_a ? k * s.M + m : m * s.K + k)]) *
               double(b[size_t(s.transpose_b ? n * s.K + k : k * s.N + n)]);
      c.push_back(float(sum));
    }
  return c;
}

}  // namespace

TEST_CASE("gemm: every transposition, odd and even sizes, against the definition in double") {
  for (Device device : devices())
    for (auto [M, N, K] : {std::array<int64_t, 3>{1, 1, 1}, {4, 16, 16}, {17, 33, 5}, {50, 3, 70}})
      for (int transposed = 0; transposed < 4; ++transposed) {
        const GemmSizes s{M, N, K, (transposed & 1) != 0, (transposed & 2) != 0};
        CAPTURE(device);
        CAPTURE(M);
        CAPTURE(N);
        CAPTURE(K);
        CAPTURE(transposed);
        const Tensor a = normal<float>({M, K}, 1, device), b = normal<float>({K, N}, 2, device);
        const Tensor c({M, N}, DType::f32, device);
        pick<GemmKernels<float>>(device).product(s, a.data<float>(), b.data<float>(),
                                                 c.data<float>());
        check_close<float>(
            c, Tensor::of<float>({M, N}, product(s, a.values<float>(), b.values<float>())), 1e-5);
      }
}

TEST_CASE("gemm: an inner size of zero gives zeros") {
  for (Device device : devices()) {
    const Tensor none({3, 0}, DType::f32, device), c({3, 2}, DType::f32, device);
    pick<GemmKernels<float>>(device).product({3, 2, 0}, none.data<float>(), none.data<float>(),
                                             c.data<float>());
    CHECK(c.values<float>() == std::vector<float>(6, 0.0f));
  }
}
