// From logits to a score that means something, and a score to decide at.
#pragma once
#include <span>

#include "nets/metrics.h"

namespace hitsieve {

/// score = 1 / (1 + exp(-(slope * z + offset))): the probability of maybe or hit given the
/// network's log odds z (Platt 1999).
struct Calibration {
  double slope = 1, offset = 0;
  float score(double log_odds) const;
};

/// Fitted to the validation frames by maximum likelihood, z limited to [-4, 4] so that frames that
/// are clear anyway do not decide where the unclear ones part, and with a prior of standard
/// deviation 1 around slope 1 and offset 0, which matters on few frames. Error unless both classes
/// are there.
Calibration calibrate(std::span<const float> log_odds, std::span<const FrameClass> classes);

/// The log odds of maybe or hit: log(sum of exp(logits of classes above 0)) - logit of class 0.
float log_odds(std::span<const float> logits);

/// The score to decide at: the highest at which at least `min_recall` of the positive validation
/// frames are found, but no less than 4 (1 - min_recall) and no more than 6 (1 - min_recall), so
/// that a few odd frames among few do not decide alone. For a recall of 0.95 that is 0.2 to 0.3: a
/// missed hit costs two to four times a false one, as recall comes first here. (The upper limit is
/// never below 0.1, neither above 0.95.) The lower limit can leave the validation recall short of
/// what was wanted; callers say so.
double choose_threshold(std::span<const float> scores, std::span<const FrameClass> classes,
                        double min_recall);

}  // namespace hitsieve
