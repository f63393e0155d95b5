#include "apps/paper_runs.h"

#include <algorithm>
#include <memory>

#include <spdlog/fmt/fmt.h>

#include "apps/paper_trainings.h"

namespace hitsieve {
namespace {

using Json = nlohmann::ordered_json;

/// The list, with the seeds and sets gone through.
class List {
 public:
  List(const PaperOptions& options, PaperData& data)
      : options_(options), data_(data), runs_(std::make_shared<PaperTrainings>(options, data)) {}

  std::vector<Experiment> all() {
    for (int64_t i = 0; i < options_.seeds; ++i) of_seed(options_.first_seed() + uint64_t(i));
    const uint64_t seed = options_.first_seed();
    const auto [source, target] = figure_pair(data_);
    const auto runs = runs_;
    add("F9", "t-SNE of features", [=] { return runs->embedded(source, target, seed); });
    for (const std::string& name : data_.main_names())
      add("peaks/" + name, "spot finder on " + name, [=] { return runs->peaks(name); });
    const std::string name = data_.main_names().front();
    add("speed", "frames per second", [=] { return runs->speed(name, seed); });
    return std::move(list_);
  }

 private:
  void add(std::string key, std::string what, std::function<Json()> run) {
    list_.push_back({std::move(key), std::move(what), std::move(run)});
  }

  void of_seed(uint64_t seed) {
    const auto runs = runs_;
    for (const std::string& name : data_.names())
      add(paper_key("T4", name, seed), "RWD on " + name,
          [=] { return runs->supervised("T4", name, seed); });
    for (const char* table : {"T1", "T2"})
      for (const std::string& name : data_.main_names())
        add(paper_key(table, name, seed), "2D CNN on " + name,
            [=] { return runs->supervised(table, name, seed); });
    for (const std::string& source : data_.main_names())
      for (const std::string& target : data_.main_names())
        if (source != target) add_pair(source, target, seed);
  }

  void add_pair(const std::string& source, const std::string& target, uint64_t seed) {
    const auto runs = runs_;
    const std::string pair = source + "-" + target, to = source + " to " + target;
    add(paper_key("T3", pair, seed), "transfer from " + to,
        [=] { return runs->transferred(source, target, seed); });
    add(paper_key("T5", pair, seed), "DANN from " + to,
        [=] { return runs->adapted(source, target, seed); });
  }

  const PaperOptions& options_;
  PaperData& data_;
  std::shared_ptr<PaperTrainings> runs_;
  std::vector<Experiment> list_;
};

}  // namespace

std::string paper_key(const std::string& table, const std::string& what, uint64_t seed) {
  return fmt::format("{}/{}/seed{}", table, what, seed);
}

std::string paper_model(const PaperOptions& options, const std::string& key) {
  return options.folder + "/models/" + key + ".h5";
}

std::array<std::string, 2> figure_pair(const PaperData& data) {
  const std::vector<std::string> names = data.main_names();
  const auto there = [&](const char* name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (there("LN83") && there("LO19")) return {"LN83", "LO19"};
  return {names[0], names[1]};
}

Split paper_split(const PaperOptions& options, const std::string& table, int64_t frames,
                  uint64_t seed) {
  const int64_t tenth = frames / 10;
  const std::optional<uint64_t> shuffled = options.seed ? std::optional(seed) : std::nullopt;
  if (table == "T1") return split_frames(frames, {6 * tenth, 2 * tenth, -1}, shuffled);
  const int64_t few = std::max(tenth, std::min<int64_t>(15, frames / 4));  // or a class is missing
  return split_frames(frames, {few, few, -1}, shuffled);
}

std::vector<Experiment> paper_experiments(const PaperOptions& options, PaperData& data) {
  return List(options, data).all();
}

}  // namespace hitsieve
