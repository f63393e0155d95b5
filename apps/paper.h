// All experiments of the paper on the data that there is: tables, figures, a page.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace hitsieve {

struct PaperOptions {
  std::string folder;  ///< for what is made
  std::string data;    ///< the sets of CXIDB entry 76; empty: simulated ones
  bool quick = false;
  int64_t seeds = 1;              ///< each experiment so often
  std::optional<uint64_t> seed;   ///< none: the frames in their order, seeds from 1 on
  std::optional<int64_t> frames;  ///< of each simulated set
  std::optional<int64_t> epochs;  ///< of every training
  bool resume = false;

  int64_t simulated_frames() const { return frames.value_or(quick ? 240 : 2000); }
  uint64_t first_seed() const { return seed.value_or(1); }
};

/// One thing to do, of which a result is kept.
struct Experiment {
  std::string key;  ///< "T3/LN84-LO19/seed1"; of its files too
  std::string what;
  std::function<nlohmann::ordered_json()> run;
};

/// The results by key.
using Results = std::map<std::string, nlohmann::ordered_json>;

void reproduce_paper(const PaperOptions& options);

}  // namespace hitsieve
