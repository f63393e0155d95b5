// How good a classification is. Positive means maybe or hit (method.md: recall counts both).
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace hitsieve {

/// Classes of frames as networks see them: 0 miss, 1 maybe, 2 hit.
using FrameClass = uint8_t;
inline bool is_positive(FrameClass c) { return c != 0; }

struct Metrics {
  int64_t frames = 0;
  /// by_class[c] = {decided miss, decided hit} among the frames labelled c.
  std::array<std::array<int64_t, 2>, 3> by_class{};

  int64_t true_positives() const { return by_class[1][1] + by_class[2][1]; }
  int64_t false_negatives() const { return by_class[1][0] + by_class[2][0]; }
  int64_t false_positives() const { return by_class[0][1]; }
  int64_t true_negatives() const { return by_class[0][0]; }

  // Each is NaN where its denominator is zero (no positives, nothing decided a hit): no number, not
  // a number that looks like one.
  double accuracy() const;
  double recall() const;
  double precision() const;
  double f1() const;

  double average_precision = 0;  ///< area under precision over recall, as a step function
};

/// Decides hit where score >= threshold. Sizes must agree and not be 0.
Metrics measure(std::span<const float> scores, std::span<const FrameClass> classes,
                double threshold);

/// A point a distinct score, by falling threshold.
struct PrecisionRecall {
  double threshold, precision, recall;
};
std::vector<PrecisionRecall> precision_recall_curve(std::span<const float> scores,
                                                    std::span<const FrameClass> classes);

}  // namespace hitsieve
