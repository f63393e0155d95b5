#include "benchmarks/bench.h"
#include "kernels/first_rows.h"

namespace hitsieve::bench {
namespace {

/// Half of the features of a batch: the source's of a DANN.
[[maybe_unused]] const bool registered = measure("first_rows", [](Memory& m) -> Call {
  const int64_t rows = images(m.device), features = cnn_network().features();
  const Tensor x = Tensor::zeros({2 * rows, features}, DType::f32, m.device);
  return {[=] { first_rows(x, rows); }, f32(2 * rows * features)};
});

}  // namespace
}  // namespace hitsieve::bench
