// How the CPU's operations on images cut their work: into bands of rows, so that a few large images
// keep all threads busy and what a band needs stays in the cache. Never by the number of threads.
#pragma once
#include <algorithm>
#include <cstdint>

namespace hitsieve {

/// Rows [first, last) of image n (or of plane n).
struct Band {
  int64_t n, first, last;
};

/// Images of `height` rows in bands of `rows`; band i, counted through all images, is bands[i].
struct Bands {
  int64_t height, rows, an_image;
  int64_t chunk;  ///< bands that make a chunk of work

  /// Bands of about `wanted` units of work, of which a row has `a_row`; small images are dealt out
  /// an eighth of that at a time, so that the threads end together.
  Bands(int64_t height_of_image, int64_t a_row, int64_t wanted) : height(height_of_image) {
    a_row = std::max<int64_t>(1, a_row);
    const int64_t most = std::clamp<int64_t>(wanted / a_row, 1, height);
    an_image = (height + most - 1) / most;
    rows = (height + an_image - 1) / an_image;
    chunk = std::max<int64_t>(1, wanted / (8 * rows * a_row));
  }
  Band operator[](int64_t i) const {
    const int64_t first = std::min(i % an_image * rows, height);
    return {i / an_image, first, std::min(first + rows, height)};
  }
};

}  // namespace hitsieve
