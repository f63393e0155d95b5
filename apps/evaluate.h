// A model against labels it has not seen.
#pragma once
#include <string>
#include <vector>

#include "apps/decider.h"
#include "apps/inputs.h"
#include "nets/metrics.h"

namespace hitsieve {

struct EvaluateOptions {
  DeciderOptions decider;
  std::string labels, json;
  InputOptions input;
  bool overwrite = false;
};

struct Evaluation {
  Metrics metrics;
  int64_t excluded = 0;  ///< frames the model was trained or validated on
  int64_t bad = 0;       ///< skipped
  double threshold = 0;
  std::vector<float> scores;  ///< of the frames evaluated
  std::vector<FrameClass> classes;
};

/// NothingProcessed when no frame is left.
Evaluation evaluate(const EvaluateOptions& options);

}  // namespace hitsieve
