// The seven tables of the paper from the experiments' results, as JSON and CSV.
#pragma once
#include <string>

#include "apps/paper.h"
#include "apps/paper_data.h"

namespace hitsieve {

/// {"T1": {"title", "data", "split", "seeds", "rows": [...]}, ...}. A row names its method and
/// sets, and has accuracy, recall and precision (mean over the seeds) with *_sd, their standard
/// deviation; null where a number is not defined. Published numbers are beside them where known.
nlohmann::ordered_json paper_tables(const PaperOptions& options, const PaperData& data,
                                    const Results& results);

/// A line a row, with a header of all columns.
std::string table_csv(const nlohmann::ordered_json& table);

}  // namespace hitsieve
