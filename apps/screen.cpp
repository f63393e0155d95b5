#include "apps/screen.h"

#include <chrono>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/progress.h"
#include "apps/scoring.h"
#include "apps/terminal.h"
#include "engine/checkpoint.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

/// The files of a screening, refused or opened before any work is done, named together at the end.
class ScreenOutputs {
 public:
  explicit ScreenOutputs(const ScreenOptions& options) : hits_(options.output, options.overwrite) {
    if (!options.table.empty()) table_.emplace(options.table, options.overwrite);
    if (!options.json.empty()) json_.emplace(options.json, options.overwrite);
    if (table_) table_->write("file\tevent\tscore\tclass\treason\n");
  }

  void take(const FrameSet& frames, const ScoredFrame& frame) {
    const bool scored = frame.reason.empty();
    if (scored && frame.decision.hit) hits_.write(frames.name(frame.index) + "\n");
    if (!table_) return;
    const FrameAddress& address = frames.address(frame.index);
    table_->write(fmt::format("{}\t{}\t{}\t{}\t{}\n", one_field(frames.path(frame.index)),
                              address.frame < 0 ? "" : event_name(address.frame),
                              scored ? fmt::format("{}", frame.decision.score) : "nan",
                              !scored              ? "bad"
                              : frame.decision.hit ? "hit"
                                                   : "miss",
                              one_field(frame.reason)));
  }

  void commit(const nlohmann::ordered_json& summary) {
    if (json_) json_->write(summary.dump(2) + "\n");
    if (table_) table_->commit();
    if (json_) json_->commit();
    hits_.commit();
  }

 private:
  static std::string one_field(std::string text) {
    for (char& c : text)
      if (c == '\t' || c == '\n' || c == '\r') c = ' ';
    return text;
  }
  OutputFile hits_;
  std::optional<OutputFile> table_, json_;
};

nlohmann::ordered_json to_json(const ScreenCounts& counts, const ScreenOptions& options,
                               const Decider& decider) {
  return {{"frames", counts.processed},
          {"hits", counts.hits},
          {"hit_rate", counts.hit_rate()},
          {"bad", counts.bad},
          {"threshold", decider.threshold()},
          {"seconds", counts.seconds},
          {"frames_per_second", double(counts.processed) / std::max(counts.seconds, 1e-9)},
          {"model", decider.name()},
          {"input", options.input.paths},
          {"hit_list", options.output},
          {"hitsieve", version()}};
}

}  // namespace

ScreenCounts screen(const ScreenOptions& options) {
  ScreenOutputs outputs(options);
  const Decider decider(options.decider);
  const FrameSet frames = open_frames(options.input);
  warn_if_unmasked(frames);
  if (decider.model())
    warn_if_masked_otherwise(frames, options.decider.model, decider.model()->mask);
  ScreenCounts counts;
  ScoreOptions scoring;
  scoring.skip_bad = options.input.skip_bad;
  const auto start = std::chrono::steady_clock::now();
  score_frames(frames, decider, scoring, [&](const ScoredFrame& frame) {
    outputs.take(frames, frame);
    if (!frame.reason.empty()) {
      ++counts.bad;
    } else {
      ++counts.processed;
      counts.hits += frame.decision.hit;
    }
  });
  counts.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  outputs.commit(to_json(counts, options, decider));
  if (counts.bad > 0) print(fmt::format("Skipped: {} bad frames.\n", counts.bad));
  // indexamajig's words, which scripts look for.
  print(fmt::format("Final: {} images processed, {} hits ({:.1f}%).\n", counts.processed,
                    counts.hits, 100 * counts.hit_rate()));
  check<NothingProcessed>(counts.processed > 0, "all ", counts.bad, " frames were skipped as bad");
  return counts;
}

Action add_screen(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "screen", "Writes the list of the hits among frames.",
      "Scores every frame and writes those that are hits to a list that CrystFEL reads, one "
      "`FILE //FRAME` a line, counted from 0, the file as it was given. The score is the "
      "probability of 4 or more Bragg spots; the threshold was chosen by `train`. The last line on "
      "standard output is `Final: N images processed, M hits (P%).`, as indexamajig prints it.",
      "  hitsieve screen -m model.h5 -i run0021.cxi -o hits.lst --table frames.tsv\n"
      "  indexamajig -i hits.lst -g detector.geom -o run0021.stream");
  auto options = std::make_shared<ScreenOptions>();
  add_decider_options(*command, options->decider);
  add_input_options(*command, options->input);
  add_skip_bad_option(*command, options->input);
  command->add_option("-o,--output", options->output, "The list of hits to write.")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--table", options->table,
                   "Also write a line for every frame: file, event, score, class (hit, miss or "
                   "bad), reason; separated by tabs. Scores are given to their last bit.")
      ->type_name("FILE");
  command->add_option("--json", options->json, "Also write the counts to a JSON file.")
      ->type_name("FILE");
  add_overwrite_option(*command, options->overwrite);
  return [options] { screen(*options); };
}

}  // namespace hitsieve
