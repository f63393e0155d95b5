// From logits to a score that means something, and a score to decide at.
#pragma once
#include <span>

#include "nets/metrics.h"

namespace hitsieve {

/// score = 1 / (1 + exp(-(slope * z + offset))): the probability of maybe or hit given the
/// network's log odds z (Platt 1999, with his priors against overconfidence on few frames).
struct Calibration {
  double slope = 1, offset = 0;
  float score(double log_odds) const;
};

/// Fitted to the validation frames by maximum likelihood; Error unless both classes are there.
Calibration calibrate(std::span<const float> log_odds, std::span<const FrameClass> classes);

/// The log odds of maybe or hit: log(sum of exp(logits of classes above 0)) - logit of class 0.
float log_odds(std::span<const float> logits);

/// The score to decide at: one half, or lower where that is needed to find at least `min_recall` of
/// the positive validation frames. (Higher never: a score above one half is more likely a hit.)
double choose_threshold(std::span<const float> scores, std::span<const FrameClass> classes,
                        double min_recall);

}  // namespace hitsieve
