#include "nets/calibration.h"

#include <algorithm>
#include <cmath>

#include "engine/check.h"

namespace hitsieve {
namespace {

double logistic(double t) {
  return t >= 0 ? 1 / (1 + std::exp(-t)) : std::exp(t) / (1 + std::exp(t));
}

/// The negative log posterior of Calibration, with its slope and curvature.
struct Posterior {
  double value = 0, d_slope = 0, d_offset = 0, ss = 0, so = 0, oo = 0;

  Posterior(const Calibration& c, std::span<const float> log_odds,
            std::span<const FrameClass> classes) {
    value = 0.5 * ((c.slope - 1) * (c.slope - 1) + c.offset * c.offset);
    d_slope = c.slope - 1, d_offset = c.offset, ss = oo = 1;
    for (size_t i = 0; i < log_odds.size(); ++i) {
      const double x = std::clamp(double(log_odds[i]), -4.0, 4.0);
      const double t = c.slope * x + c.offset, p = logistic(t), target = is_positive(classes[i]);
      value += std::max(t, 0.0) - t * target + std::log1p(std::exp(-std::abs(t)));
      const double d = p - target, curvature = p * (1 - p);
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
  const auto positives = std::count_if(classes.begin(), classes.end(), is_positive);
  check(positives > 0 && positives < std::ssize(classes),
        "calibrate: the validation frames are all of one class");
  // Newton's method with step halving on a strictly convex function.
  Calibration c;
  for (int iteration = 0; iteration < 100; ++iteration) {
    const Posterior at(c, log_odds, classes);
    const double determinant = at.ss * at.oo - at.so * at.so;
    const double slope_step = (at.oo * at.d_slope - at.so * at.d_offset) / determinant;
    const double offset_step = (at.ss * at.d_offset - at.so * at.d_slope) / determinant;
    if (std::abs(slope_step) + std::abs(offset_step) < 1e-10) break;
    for (double step = 1; step > 1e-9; step /= 2) {
      const Calibration next{c.slope - step * slope_step, c.offset - step * offset_step};
      if (Posterior(next, log_odds, classes).value > at.value) continue;
      c = next;
      break;
    }
  }
  return c;
}

double choose_threshold(std::span<const float> scores, std::span<const FrameClass> classes,
                        double min_recall) {
  check(min_recall > 0 && min_recall <= 1, "recall wanted: ", min_recall,
        " is not above 0 and at most 1");
  for (const PrecisionRecall& point : precision_recall_curve(scores, classes))
    if (point.recall >= min_recall)
      return std::clamp(point.threshold, std::min(0.95, 4 * (1 - min_recall)),
                        std::clamp(6 * (1 - min_recall), 0.1, 0.95));
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
