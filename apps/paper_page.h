// The page of the paper's tables and figures: one HTML file.
#pragma once
#include <string>

#include "apps/paper.h"
#include "apps/paper_data.h"

namespace hitsieve {

std::string paper_page(const PaperOptions& options, const PaperData& data,
                       const nlohmann::ordered_json& tables, const std::string& figures);

}  // namespace hitsieve
