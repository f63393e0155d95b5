// Frames of each class on a sheet, as the networks are given them.
#pragma once
#include <optional>

#include "apps/sheet.h"
#include "data/frame_set.h"
#include "data/labels.h"
#include "nets/model.h"

namespace hitsieve {

struct PreviewOptions {
  int64_t frames = 3;           ///< of each class
  Preprocessing preprocessing;  ///< of training and screening, unless set
  bool skip_bad = false;
};

/// The first frames of each class, hits first; without labels, three times as many first frames.
Sheet make_sheet(const FrameSet& frames, const std::optional<Labels>& labels,
                 const PreviewOptions& options = {});

}  // namespace hitsieve
