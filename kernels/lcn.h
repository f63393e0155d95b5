// Local contrast normalisation: every pixel less the mean of the window around it, over the
// window's deviation, which is kept from below by a floor.
//   Ke et al. 2018: box window, floor = the global deviation, which is 1 after gcn.
//   Jarrett et al. 2009: Gaussian window, floor = mean of the deviations over the image.
// The floor matters: what is brighter than its own window's deviation allows is cut down to at most
// sqrt(window^2 - 1), a Bragg spot in a flat background too. A factor above 1 keeps spots in
// proportion (near it, y is x - m in units of the floor) at no cost.
#pragma once
#include "engine/host_device.h"
#include "engine/tensor.h"

namespace hitsieve {

enum class Window : uint8_t { box, gaussian };
enum class Floor : uint8_t { global, mean_deviation };

struct LcnOptions {
  int window = 5;  ///< side, pixels: odd, 3 to max_window
  Window kind = Window::box;
  Floor floor = Floor::global;
  double floor_factor = 1;  ///< the floor is so many times the deviation it is made of
  double sigma = 0;         ///< of the Gaussian, pixels; 0 means 2/9 of the window
};

/// x (N, H, W), NaN = no value, f32 or f64 -> y (N, H - window + 1, W - window + 1), NaN where x
/// has no value there. With m and s the weighted mean and deviation over the window's values (the
/// weights of what is missing are left out of all sums):  y = (x - m) / max(s, floor), and 0 where
/// that is 0 / 0. As the centre has a value, no window is empty; alone in its window it gives 0.
/// Not differentiable, never on a tape.
Tensor lcn(const Tensor& x, const LcnOptions& options = {});

inline constexpr int max_window = 9;

/// One axis of the window; the weight of a pixel is weights[row] * weights[column].
struct WindowWeights {
  int size;
  double axis[max_window];  ///< box: 1; Gaussian: 1 in the middle
  /// The default, for which there are fast paths (with the global floor).
  bool is_box5() const {
    bool ones = size == 5;
    for (int k = 0; k < 5; ++k) ones = ones && axis[k] == 1;
    return ones;
  }
};

/// Throws, naming `who`, unless the options make sense and the window fits H x W.
WindowWeights window_weights(const char* who, const LcnOptions& options, int64_t H, int64_t W);

struct LcnSizes {
  int64_t N, H, W;  ///< of x
  WindowWeights weights;
  HS_HD int64_t rows() const { return H - weights.size + 1; }
  HS_HD int64_t columns() const { return W - weights.size + 1; }
};

template <class T>
struct LcnKernels {
  /// contrast = x - m and deviation = s, both NaN where x has no value
  void (*contrast)(const LcnSizes& sizes, const T* x, T* contrast, T* deviation);
  /// floor (N): the mean of a frame's deviations that are no NaN; 0 if there is none
  void (*mean_deviation)(const LcnSizes& sizes, const T* deviation, T* floor);
  /// contrast /= max(deviation, factor * floor)
  void (*divide)(const LcnSizes& sizes, const T* deviation, const T* floor, T factor, T* contrast);
};

}  // namespace hitsieve
