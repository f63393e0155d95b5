#include "nets/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/check.h"

namespace hitsieve {
namespace {

double ratio(int64_t part, int64_t all) {
  return all ? double(part) / double(all) : std::numeric_limits<double>::quiet_NaN();
}

void check_sizes(std::span<const float> scores, std::span<const FrameClass> classes) {
  check(scores.size() == classes.size(), "metrics: ", scores.size(), " scores for ", classes.size(),
        " labels");
  check(!scores.empty(), "metrics: no frames to measure on");
  for (size_t i = 0; i < scores.size(); ++i) {
    check(std::isfinite(scores[i]), "metrics: score ", i, " is ", scores[i]);
    check(classes[i] <= 2, "metrics: class ", int(classes[i]), " of frame ", i,
          " is not 0, 1 or 2");
  }
}

}  // namespace

double Metrics::accuracy() const { return ratio(true_positives() + true_negatives(), frames); }
double Metrics::recall() const {
  return ratio(true_positives(), true_positives() + false_negatives());
}
double Metrics::precision() const {
  return ratio(true_positives(), true_positives() + false_positives());
}
double Metrics::f1() const {
  return ratio(2 * true_positives(), 2 * true_positives() + false_positives() + false_negatives());
}

Metrics measure(std::span<const float> scores, std::span<const FrameClass> classes,
                double threshold) {
  check_sizes(scores, classes);
  Metrics metrics;
  metrics.frames = int64_t(scores.size());
  for (size_t i = 0; i < scores.size(); ++i)
    ++metrics.by_class[classes[i]][double(scores[i]) >= threshold];
  double recall_before = 0;
  for (const PrecisionRecall& point : precision_recall_curve(scores, classes)) {
    metrics.average_precision += point.precision * (point.recall - recall_before);
    recall_before = point.recall;
  }
  return metrics;
}

std::vector<PrecisionRecall> precision_recall_curve(std::span<const float> scores,
                                                    std::span<const FrameClass> classes) {
  check_sizes(scores, classes);
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  const int64_t positives = std::count_if(classes.begin(), classes.end(), is_positive);
  std::vector<PrecisionRecall> curve;
  int64_t found = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    found += is_positive(classes[order[i]]);
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    curve.push_back(
        {scores[order[i]], ratio(found, int64_t(i) + 1), positives ? ratio(found, positives) : 0});
  }
  return curve;
}

}  // namespace hitsieve
