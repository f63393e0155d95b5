// Figures 5 to 10 of the paper from frames and results, as parts of a page.
#pragma once
#include <string>

#include "apps/paper.h"
#include "apps/paper_data.h"

namespace hitsieve {

/// HTML; pictures and plots inline.
std::string paper_figures(const PaperOptions& options, const PaperData& data,
                          const Results& results);

}  // namespace hitsieve
