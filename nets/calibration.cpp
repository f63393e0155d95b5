#include "nets/calibration.h"

#include <algorithm>
#include <cmath>

#include "engine/check.h"

namespace hitsieve {
namespace {

double logistic(double t) {
  return t >= 0 ? 1 / (1 + std::exp(-t)) : std::exp(t) / (1 + std::exp(t));
}

/// The negative log likelihood of targets under Calibration, with its slope and curvature.
struct Likelihood {
  double value = 0, d_slope = 0, d_offset = 0, ss = 0, so = 0, oo = 0;

  Likelihood(const Calibration& c, std::span<const float> z, std::span<const double> target) {
    for (size_t i = 0; i < z.size(); ++i) {
      const double x = z[i], t = c.slope * x + c.offset, p = logistic(t);
      value += std::max(t, 0.0) - t * target[i] + std::log1p(std::exp(-std::abs(t)));
      const double d = p - target[i], curvature = p * (1 - p);
      d_slope += d * x, d_offset += d;
      ss += curvature * x * x, so += curvature * x, oo += curvature;
    }
  }
};

}  // namespace

float Calibration::score(double log_odds) const {
  return float(logistic(slope * log_odds + offset));
}

Calibration calibrate(std::span<const float> log_odds, std::span<const FrameClass> classes) {
  check(log_odds.size() == classes.size(), "calibrate: ", log_odds.size(), " values for ",
        classes.size(), " labels");
  const double positives = double(std::count_if(classes.begin(), classes.end(), is_positive));
  const double negatives = double(classes.size()) - positives;
  check(positives > 0 && negatives > 0, "calibrate: the validation frames are all of one class");
  std::vector<double> target;
  for (FrameClass c : classes)
    target.push_back(is_positive(c) ? (positives + 1) / (positives + 2) : 1 / (negatives + 2));

  // Newton's method with step halving: the likelihood is convex, and Platt's targets keep its
  // minimum finite even when the classes are separable.
  Calibration c{1, 0};
  for (int iteration = 0; iteration < 100; ++iteration) {
    const Likelihood at(c, log_odds, target);
    const double ss = at.ss + 1e-9, oo = at.oo + 1e-9, determinant = ss * oo - at.so * at.so;
    const double slope_step = (oo * at.d_slope - at.so * at.d_offset) / determinant;
    const double offset_step = (ss * at.d_offset - at.so * at.d_slope) / determinant;
    double step = 1;
    Calibration next = c;
    for (; step > 1e-9; step /= 2) {
      next = {c.slope - step * slope_step, c.offset - step * offset_step};
      if (Likelihood(next, log_odds, target).value <= at.value) break;
    }
    const double moved = std::abs(next.slope - c.slope) + std::abs(next.offset - c.offset);
    if (step > 1e-9) c = next;
    if (moved < 1e-10 || step <= 1e-9) break;
  }
  return c;
}

double choose_threshold(std::span<const float> scores, std::span<const FrameClass> classes,
                        double min_recall) {
  check(min_recall > 0 && min_recall <= 1, "recall wanted: ", min_recall,
        " is not above 0 and at most 1");
  for (const PrecisionRecall& point : precision_recall_curve(scores, classes))
    if (point.recall >= min_recall) return std::min(0.5, point.threshold);
  throw Error("threshold: there is no positive validation frame");
}

float log_odds(std::span<const float> logits) {
  check(logits.size() >= 2, "log_odds: ", logits.size(), " logits, at least 2 are needed");
  const float most = *std::max_element(logits.begin() + 1, logits.end());
  double sum = 0;
  for (size_t i = 1; i < logits.size(); ++i) sum += std::exp(double(logits[i]) - double(most));
  return float(double(most) + std::log(sum) - double(logits[0]));
}

}  // namespace hitsieve
