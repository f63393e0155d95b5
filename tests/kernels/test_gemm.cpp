#include "kernels/gemm.h"
#include "tests/kernels/library.h"
#include "tests/kernels/operation.h"

using namespace hitsieve;
using namespace hitsieve::test;

namespace {

/// The definition, one element at a time, in double.
template <class T>
Tensor product(const GemmSizes& s, const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<T> c;
  for (int64_t m = 0; m < s.M; ++m)
    for (int64_t n = 0; n < s.N; ++n) {
      double sum = 0;
      for (int64_t k = 0; k < s.K; ++k)
        sum += double(a[size_t(s.transpose_a ? k * s.M + m : m * s.K + k)]) *
               double(b[size_t(s.transpose_b ? n * s.K + k : k * s.N + n)]);
      c.push_back(T(sum));
    }
  return Tensor::of<T>({s.M, s.N}, c);
}

template <class T>
void check_product(const GemmSizes& s, Device device, double tolerance) {
  const Tensor a = normal<T>({s.M, s.K}, 1, device), b = normal<T>({s.K, s.N}, 2, device);
  const Tensor c({s.M, s.N}, dtype_of<T>, device);
  pick<GemmKernels<T>>(device).product(s, a.template data<T>(), b.template data<T>(),
                                       c.template data<T>());
  check_close<T>(c, product<T>(s, a.template values<T>(), b.template values<T>()), tolerance);
}

}  // namespace

TEST_CASE("gemm: every transposition, odd and even sizes, against the definition in double") {
  for (Device device : devices())
    for (auto [M, N, K] : {std::array<int64_t, 3>{1, 1, 1}, {4, 16, 16}, {17, 33, 5}, {50, 3, 70}})
      for (int transposed = 0; transposed < 4; ++transposed) {
        const GemmSizes s{M, N, K, (transposed & 1) != 0, (transposed & 2) != 0};
        on_every_table(device, Library::cublas, [&] {
          CAPTURE(device);
          CAPTURE(s.M);
          CAPTURE(s.N);
          CAPTURE(s.K);
          CAPTURE(transposed);
          check_product<float>(s, device, 1e-5);
          check_product<double>(s, device, 1e-13);
        });
      }
}

TEST_CASE("gemm: an inner size of zero gives zeros") {
  for (Device device : devices())
    on_every_table(device, Library::cublas, [&] {
      const Tensor none({3, 0}, DType::f32, device), c({3, 2}, DType::f32, device);
      c.fill(7);
      pick<GemmKernels<float>>(device).product({3, 2, 0}, none.data<float>(), none.data<float>(),
                                               c.data<float>());
      CHECK(c.values<float>() == std::vector<float>(6, 0.0f));
    });
}
