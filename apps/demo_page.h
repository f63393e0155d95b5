// The page that the demo ends with: one HTML file with everything in it, to be read offline.
#pragma once
#include <string>
#include <vector>

#include "apps/evaluate.h"
#include "apps/screen.h"
#include "apps/sheet.h"
#include "nets/model.h"

namespace hitsieve {

struct DemoStep {
  std::string what, command;  ///< the command that does the same
  double seconds = 0;
};

struct DemoResult {
  std::string set;  ///< that was imitated
  std::vector<DemoStep> steps;
  Sheet frames;
  std::vector<EpochRecord> history;
  int64_t kept_epoch = 0, trained_on = 0, validated_on = 0;
  double min_recall = 0;
  Evaluation evaluation;
  ScreenCounts screened;
  std::vector<std::string> first_hits;  ///< lines of the hit list
};

std::string demo_page(const DemoResult& result);

}  // namespace hitsieve
