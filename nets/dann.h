// Domain-adversarial training (Ganin et al. 2016; Fig. 4 of the paper): labelled frames of a
// source, unlabelled ones of a target, and a network that decides on the target.
//
//   x -> base -> features -> label classifier -> L_l       on source frames
//                   `-> gradient reversal(lambda) -> domain classifier -> L_d    on both
//
// The domain classifier learns to tell the domains apart; the reversed gradient makes the base
// learn features that do not. nets/README.md walks through it, with an example that runs in
// seconds.
#pragma once
#include <span>

#include "nets/train.h"

namespace hitsieve {

/// When a DANN counts as trained, seen without any label of the target (section 4 of the paper):
/// the label loss and accuracy on the source's validation frames have converged to a plateau, and
/// the domain loss and accuracy oscillate instead of drifting.
struct StopOptions {
  int64_t window = 8;      ///< epochs that are looked at
  double plateau = 0.05;   ///< the drift of a plateau beyond its scatter, at most: a part of the
                           ///< loss (of 0.1 if that is more), or of the frames
  double oscillation = 2;  ///< the drift of an oscillation, in units of its scatter, at most
};

/// True when the last `window` epochs are two plateaus and two oscillations. A drift is the slope
/// of a fitted line times the window; the scatter is what is left of it.
bool is_trained(std::span<const EpochRecord> history, const StopOptions& options);

/// lambda(p) = 2 / (1 + exp(-10 p)) - 1 at progress p in [0, 1].
double dann_lambda(double progress);
/// mu(p) = mu0 / (1 + 10 p)^0.75.
double dann_learning_rate(double mu0, double progress);

struct DannOptions : TrainOptions {
  explicit DannOptions(int dimensions = 2);
  ClassifierOptions domain{.hidden = {32}, .dropout = 0, .classes = 2};
  double lambda = 1;  ///< that the schedule leads to (of images 0.3); 0: no adversary, though
                      ///< batch norm still sees the target
  StopOptions stop;   ///< looked at once the schedule has done half its epochs
};

/// `settings.epochs` is the length of the schedules, and the most that is trained. The model has
/// the mean weights of the last two epochs, as two adversaries go around what they are after
/// (mean_weights.h). Calibration and threshold come from the source's validation frames; min_recall
/// is 0.99, as the target's hits score lower than those. Half
/// of each batch is the target's, and both halves are normalised together.
/// target.classes are not looked at. Target frames are not remembered as trained on: their labels
/// are not known to the model. Errors: check_examples for the source; frames of another size in the
/// target.
Model train_dann(const LabelledFrames& source, const LabelledFrames& validation,
                 const LabelledFrames& target, const DannOptions& options);

}  // namespace hitsieve
