// Exact t-SNE (van der Maaten & Hinton, J. Mach. Learn. Res. 9, 2008): features of frames on a
// plane, near ones near, to look at how two sets lie in a network's eyes (Figure 9 of the paper).
// Time and memory go with N^2: N = 4000 takes 128 MB. The same seed gives the same bits for any
// number of threads.
#pragma once
#include <cstdint>
#include <functional>

#include "engine/tensor.h"

namespace hitsieve {

struct TsneOptions {
  double perplexity = 30;  ///< how many neighbours a point has, about
  int64_t iterations = 1000;
  /// At first attraction is this many times stronger, and momentum 0.5; then 1 and 0.8.
  double early_exaggeration = 12;
  int64_t exaggerated_iterations = 250;
  /// 0: max(N / early_exaggeration, 50), after Belkina et al. (Nat. Commun. 10, 2019). The usual
  /// floor of 200 leaves points behind where N is a hundred or so.
  double learning_rate = 0;
  uint64_t seed = 1;
  /// Called after each iteration with those done so far; may throw to stop.
  std::function<void(int64_t done, int64_t iterations)> progress{};
};

struct Tsne {
  Tensor y;   ///< (N, 2) f32
  double kl;  ///< Kullback-Leibler divergence from P to Q, what is minimised, in nats
};

/// x (N, D) f32 on the CPU -> a place for each row. Starts from normal numbers of deviation 1e-4.
/// Error: N < 3 perplexity, a value that is NaN or infinite, an option out of its range.
Tsne tsne(const Tensor& x, const TsneOptions& options = {});

// The steps of it, each of which can be checked by itself.

/// x (N, D) f32 -> P (N, N) f64, p[i, j] = p(j | i): normal about row i, as wide as gives row i the
/// perplexity exp(-sum_j p log p); p[i, i] = 0. A row with more than `perplexity` rows equal to it
/// shares p evenly among those.
Tensor tsne_conditional(const Tensor& x, double perplexity);

/// (N, N) conditional -> joint: (P + P^T) / 2N; sums to 1.
Tensor tsne_joint(const Tensor& conditional);

struct TsneGradient {
  Tensor dy;  ///< (N, 2) f64
  double kl;
};

/// joint P (N, N) and places y (N, 2), f64 -> KL(P || Q) and its gradient, with
/// q[i, j] ~ 1 / (1 + |y_i - y_j|^2).
TsneGradient tsne_gradient(const Tensor& joint, const Tensor& y);

}  // namespace hitsieve
