#include "apps/paper_data.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include <spdlog/spdlog.h>

#include "apps/inputs.h"
#include "apps/progress.h"
#include "apps/simulate.h"
#include "engine/check.h"
#include "engine/parallel.h"
#include "nets/model.h"

namespace hitsieve {
namespace {

namespace fs = std::filesystem;

struct KnownSet {
  const char *name, *file;
};
constexpr KnownSet known_sets[] = {{"LN84", "r0095_2000.h5"},
                                   {"LN83", "r0018_2000.h5"},
                                   {"LO19", "r0020_2000.h5"},
                                   {"LG36", "r0087_2000.h5"},
                                   {"L498", "r0027_2000.h5"}};
constexpr size_t of_the_tables = 3;  // the first ones

/// The first of the paths that is there, else "".
std::string first_there(const std::vector<fs::path>& paths) {
  for (const fs::path& path : paths)
    if (fs::exists(path)) return path.string();
  return "";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

PaperSet open_set(const std::string& name, const std::string& file, const std::string& labels,
                  const std::string& mask) {
  InputOptions input;
  input.paths = {file};
  input.mask = mask;
  FrameSet frames = open_frames(input);
  Labels read = labels_of(frames, labels);
  return {name, std::move(frames), std::move(read), ""};
}

}  // namespace

PaperData::PaperData(const PaperOptions& options) {
  if (options.data.empty())
    make(options);
  else
    open(options);
}

void PaperData::open(const PaperOptions& options) {
  const fs::path folder = options.data;
  check(fs::is_directory(folder), options.data, ": is no folder (--data)");
  description_ = "CXIDB 76";
  std::vector<std::string> missing;
  for (const KnownSet& known : known_sets) {
    const fs::path own = folder / known.name;
    const std::string file = first_there({own / known.file, folder / known.file});
    const fs::path beside = fs::path(file).parent_path();
    const auto companion = [&](const char* name) {
      const bool is_own = beside == own;
      return first_there(is_own ? std::vector<fs::path>{own / name}
                                : std::vector<fs::path>{own / name, beside / name});
    };
    if (file.empty()) {
      missing.push_back(text(known.name, " (", known.file, ")"));
      continue;
    }
    const std::string labels = companion("expert_annotation.txt");
    check(!labels.empty(), file, ": its labels, expert_annotation.txt, are neither in ",
          own.string(), " nor beside it");
    PaperSet set = open_set(known.name, file, labels, companion("mask.pickle"));
    warn_if_unmasked(set.frames);
    set.dials = companion("dials_annotation.txt");
    names_.emplace_back(known.name);
    sets_.emplace(known.name, std::move(set));
  }
  check(names_.size() >= 2, options.data, ": at least two sets are needed; not found are ",
        joined(missing));
  if (!missing.empty()) spdlog::warn("{}: without {}", options.data, joined(missing));
  spdlog::info("sets: {}", joined(names_));
}

void PaperData::make(const PaperOptions& options) {
  description_ = "simulated";
  fs::create_directories(fs::path(options.folder) / "data");
  uint64_t seed = 1000 * options.first_seed();
  for (const KnownSet& known : known_sets) {
    const std::string file = text(options.folder, "/data/", known.name, ".cxi");
    SimulateOptions simulation;
    simulation.like = known.name, simulation.frames = options.simulated_frames();
    simulation.seed = seed++, simulation.output = file;
    simulation.overwrite = options.resume;  // what a killed process left
    if (!fs::exists(file)) simulate(simulation);
    names_.emplace_back(known.name);
    sets_.emplace(known.name, open_set(known.name, file, "", ""));
  }
}

std::vector<std::string> PaperData::main_names() const {
  std::vector<std::string> out;
  for (size_t i = 0; i < of_the_tables; ++i)
    if (sets_.contains(known_sets[i].name)) out.emplace_back(known_sets[i].name);
  return out.size() >= 2 ? out : names_;
}

const LabelledFrames& PaperData::prepared(const std::string& name, bool images) {
  auto& kept = images ? images_ : vectors_;
  const auto found = kept.find(name);
  if (found != kept.end()) return found->second;
  const PaperSet& set = sets_.at(name);
  Progress progress("preparing " + name + (images ? ", images" : ", vectors"), set.size());
  const Preprocessing preprocessing;
  PrepareOptions options;
  options.crop = preprocessing.crop, options.lcn = preprocessing.lcn;
  options.noise = preprocessing.noise;
  options.images = images, options.threads = threads();
  options.progress = [&](int64_t done, int64_t) { progress.update(done); };
  PreparedFrames frames = prepare(set.frames, options);
  progress.finish();
  LabelledFrames out{frames.x, {}, std::move(frames.ids)};
  for (Label label : set.labels.of) out.classes.push_back(FrameClass(label));
  return kept.emplace(name, std::move(out)).first->second;
}

LabelledFrames PaperData::all(const std::string& name, bool images) {
  return prepared(name, images);
}

LabelledFrames PaperData::take(const std::string& name, bool images,
                               const std::vector<int64_t>& indices) {
  const LabelledFrames& from = prepared(name, images);
  const int64_t count = std::ssize(indices), side = from.x.shape()[1];
  LabelledFrames out;
  out.x = Tensor(images ? Shape{count, side, side} : Shape{count, side}, from.x.dtype());
  const size_t each = size_t(from.x.shape().row()) * (images ? sizeof(int16_t) : sizeof(float));
  for (size_t i = 0; i < indices.size(); ++i)
    std::memcpy(static_cast<char*>(out.x.bytes()) + i * each,
                static_cast<const char*>(from.x.bytes()) + size_t(indices[i]) * each, each);
  for (int64_t i : indices) {
    out.classes.push_back(from.classes[size_t(i)]);
    out.ids.push_back(from.ids[size_t(i)]);
  }
  return out;
}

}  // namespace hitsieve
