// The experiments behind the tables: trainings, each with its tests, and what else is measured.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "apps/paper.h"
#include "apps/paper_data.h"
#include "data/split.h"

namespace hitsieve {

/// All of them, in an order in which none needs the model of a later one. Model files go to
/// OUT/models. `data` and `options` must outlive the list.
std::vector<Experiment> paper_experiments(const PaperOptions& options, PaperData& data);

/// "T1/LN84/seed1".
std::string paper_key(const std::string& table, const std::string& what, uint64_t seed);
std::string paper_model(const PaperOptions& options, const std::string& key);

/// The pair of Figures 9 and 10, source and target: LN83 and LO19 as in the paper, when there.
std::array<std::string, 2> figure_pair(const PaperData& data);

/// The split of a table: T1 60/20/20 %, T2 to T4 10/10/80 %.
Split paper_split(const PaperOptions& options, const std::string& table, int64_t frames,
                  uint64_t seed);

}  // namespace hitsieve
