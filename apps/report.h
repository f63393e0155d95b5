// Metrics as people and programs read them.
#pragma once
#include <string>

#include <nlohmann/json.hpp>

#include "nets/metrics.h"

namespace hitsieve {

/// Accuracy, recall, precision, F1, average precision, and the confusion by the three classes.
std::string metrics_table(const Metrics& metrics);

/// The same as numbers; null where there is none (e.g. precision when nothing was decided a hit).
nlohmann::ordered_json metrics_json(const Metrics& metrics);

/// "miss", "maybe", "hit".
extern const char* const class_names[3];

}  // namespace hitsieve
