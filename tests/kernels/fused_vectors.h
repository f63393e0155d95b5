// raw_to_vector against what it fuses.
#pragma once
#include "kernels/raw_to_vector.h"
#include "kernels/rwd.h"
#include "tests/kernels/preprocessing.h"

namespace hitsieve::test {

/// On every device: the fused operation against the float64 reference and the chain against it.
template <class T>
void check_fused(const Tensor& raw, const Tensor& mask = {}, const PixelRange& range = {},
                 const LcnOptions& options = {}, double tolerance = 1e-5) {
  std::vector<double> expected;
  std::vector<FrameStatistics> statistics;
  for (int64_t n = 0; n < raw.shape()[0]; ++n) {
    const Image image = valid_pixels<T>(raw, n, mask, range);
    const std::vector<double> d = rwd_of(lcn_of(gcn_of(image), options));
    expected.insert(expected.end(), d.begin(), d.end());
    statistics.push_back(statistics_of(image));
  }
  for (Device device : devices()) {
    CAPTURE(device);
    const Tensor x = raw.to(device), bad = mask ? mask.to(device) : mask;
    const FrameVectors fused = raw_to_vector(x, bad, range, options);
    check_close_nan<float>(fused.vectors, expected, tolerance);
    check_close<float>(rwd(lcn(gcn(x, bad, range), options)), fused.vectors, tolerance);
    for (size_t n = 0; n < statistics.size(); ++n) {
      CAPTURE(n);
      CHECK(fused.statistics[n].valid == statistics[n].valid);
      CHECK(fused.statistics[n].mean == doctest::Approx(statistics[n].mean).epsilon(1e-12));
      CHECK(fused.statistics[n].deviation ==
            doctest::Approx(statistics[n].deviation).epsilon(1e-9));
    }
  }
}

}  // namespace hitsieve::test
