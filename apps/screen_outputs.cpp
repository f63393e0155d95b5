#include "apps/screen_outputs.h"

#include <optional>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "apps/command.h"
#include "apps/fingerprint.h"
#include "apps/terminal.h"
#include "apps/write_cxi.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

using Json = nlohmann::ordered_json;

std::string one_field(std::string text) {
  for (char& c : text)
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  return text;
}

std::string table_line(const Screening& screening, int64_t frame) {
  const FrameRecord& record = screening.at(frame);
  const bool bad = record.state == FrameState::bad;
  const std::string reason = bad                             ? screening.reasons.at(frame)
                             : screening.is_kept_miss(frame) ? "kept"
                                                             : "";
  const std::string& path = screening.files[size_t(record.address.file)].path;
  return fmt::format("{}\t{}\t{}\t{}\t{}\n", one_field(path),
                     record.address.frame < 0 ? "" : screening.event(frame),
                     bad ? "nan" : fmt::format("{}", record.score),
                     bad                               ? "bad"
                     : record.state == FrameState::hit ? "hit"
                                                       : "miss",
                     one_field(reason));
}

Json summary(const Screening& screening, int64_t kept, const std::string& list) {
  const ScreenCounts counts = screening.counts();
  Json json = {{"frames", counts.processed},
               {"hits", counts.hits},
               {"hit_rate", counts.hit_rate()},
               {"bad", counts.bad},
               {"threshold", screening.run["threshold"]},
               {"model", unescaped(screening.run["model"].get<std::string>())},
               {"input", input_of(screening).paths},
               {"hit_list", list}};
  if (screening.run["misses"] > 0)
    json["misses"] = {
        {"one_in", screening.run["misses"]}, {"kept", kept}, {"list", misses_list_of(list)}};
  if (screening.part.of > 1)
    json["part"] = {
        {"number", screening.part.number}, {"of", screening.part.of}, {"first", screening.first}};
  json["arithmetic"] = screening.run["arithmetic"];
  json["hitsieve"] = screening.run["version"];
  return json;
}

}  // namespace

struct ScreenOutputs::Files {
  Files(const ScreenOutputOptions& options, bool keeps_misses)
      : cxi(options.cxi),
        peaks(options.peaks),
        overwrite(options.overwrite),
        list(options.list, options.overwrite) {
    if (keeps_misses) misses.emplace(misses_list_of(options.list), options.overwrite);
    if (!options.table.empty()) table.emplace(options.table, options.overwrite);
    if (!options.json.empty()) json.emplace(options.json, options.overwrite);
    for (const std::string& later : {cxi, peaks}) {
      if (later.empty()) continue;
      check_output(later, overwrite);
      names.emplace_back(later);
    }
  }
  std::string cxi, peaks;
  bool overwrite;
  OutputFile list;
  std::optional<OutputFile> misses, table, json;
  std::vector<OutputClaim> names;  // of those that others write
};

ScreenOutputs::ScreenOutputs(const ScreenOutputOptions& options, bool keeps_misses)
    : files_(std::make_unique<Files>(options, keeps_misses)) {}
ScreenOutputs::~ScreenOutputs() = default;

void ScreenOutputs::write(const Screening& screening) {
  Files& files = *files_;
  int64_t kept = 0;
  if (files.table) files.table->write("file\tevent\tscore\tclass\treason\n");
  for (int64_t frame = screening.first; frame < screening.end(); ++frame) {
    check(screening.at(frame).state != FrameState::open, screening.name(frame),
          ": has not been screened");
    if (screening.at(frame).state == FrameState::hit)
      files.list.write(screening.name(frame) + "\n");
    if (screening.is_kept_miss(frame)) {
      ++kept;
      files.misses->write(screening.name(frame) + "\n");
    }
    if (files.table) files.table->write(table_line(screening, frame));
  }
  if (files.json) {
    const Json json = summary(screening, kept, files.list.path());
    files.json->write(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  if (!files.cxi.empty()) write_kept_frames(files.cxi, screening, files.overwrite);
  if (!files.peaks.empty()) write_kept_peaks(files.peaks, screening, files.overwrite);
  if (files.table) files.table->commit();
  if (files.json) files.json->commit();
  if (files.misses) files.misses->commit();
  files.list.commit();
}

std::string misses_list_of(const std::string& list) {
  const bool ending = list.ends_with(".lst");
  return list.substr(0, list.size() - (ending ? 4 : 0)) + ".misses.lst";
}

void print_final(const ScreenCounts& counts) {
  if (counts.bad > 0) print(fmt::format("Skipped: {} bad frames.\n", counts.bad));
  print(fmt::format("Final: {} images processed, {} hits ({:.1f}%).\n", counts.processed,
                    counts.hits, 100 * counts.hit_rate()));
}

void add_output_options(CLI::App& command, ScreenOutputOptions& options) {
  command.add_option("-o,--output", options.list, "The list of hits to write.")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--table", options.table,
                  "Also write a line for every frame: file, event, score, class (hit, miss or "
                  "bad), reason (why it is bad, or \"kept\" by --misses); separated by tabs. "
                  "Scores are given to their last bit.")
      ->type_name("FILE");
  command.add_option("--json", options.json, "Also write the counts to a JSON file.")
      ->type_name("FILE");
  command
      .add_option("--write-cxi", options.cxi,
                  "Also copy the hits, and the misses that --misses keeps, to a CXI file: chunks "
                  "as they are stored where each is a frame, masks, what the files say of each "
                  "shot, and in /entry_1/result_1 the peaks of the spot finder of --method peaks, "
                  "with its parameters.")
      ->type_name("FILE");
  command
      .add_option("--write-peaks", options.peaks,
                  "The same without the frames: a CXI file of the peaks alone, with the file and "
                  "the number of each frame.")
      ->type_name("FILE");
  add_overwrite_option(command, options.overwrite);
}

}  // namespace hitsieve
