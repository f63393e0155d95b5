#include "apps/evaluate.h"

#include <memory>
#include <optional>
#include <unordered_set>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/progress.h"
#include "apps/report.h"
#include "apps/scoring.h"
#include "apps/terminal.h"
#include "data/labels.h"
#include "engine/checkpoint.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

/// The frames that a model was trained or validated on; none without a model.
std::unordered_set<uint64_t> seen_frames(const Model* model) {
  if (!model) return {};
  std::unordered_set<uint64_t> seen(model->trained_on.begin(), model->trained_on.end());
  seen.insert(model->validated_on.begin(), model->validated_on.end());
  return seen;
}

nlohmann::ordered_json to_json(const Evaluation& evaluation, const Decider& decider,
                               const EvaluateOptions& options, const Labels& labels) {
  nlohmann::ordered_json json;
  json["frames"] = evaluation.metrics.frames;
  json["excluded"] = evaluation.excluded;
  json["bad"] = evaluation.bad;
  json["threshold"] = evaluation.threshold;
  json.update(metrics_json(evaluation.metrics));
  json["model"] = decider.name();
  json["arithmetic"] = options.decider.precision;
  json["input"] = options.input.paths;
  json["labels"] = labels.source;
  json["hitsieve"] = version();
  return json;
}

void print_report(const Evaluation& evaluation, const Decider& decider) {
  std::string head = with_commas(evaluation.metrics.frames) + " frames evaluated";
  if (evaluation.excluded > 0)
    head += fmt::format("; {} left out, the model was trained or validated on them",
                        with_commas(evaluation.excluded));
  if (evaluation.bad > 0) head += fmt::format("; {} skipped as bad", with_commas(evaluation.bad));
  print(head + "\n" + metrics_table(evaluation.metrics));
  print(decider.model()
            ? fmt::format("\nA frame is a hit from score {:.4f} on, aimed at a recall of {} on the "
                          "validation frames.\nMaybe counts as hit.\n",
                          evaluation.threshold, decider.model()->min_recall)
            : fmt::format("\nA frame is a hit from {}.\nMaybe counts as hit.\n",
                          decider.name() + " on"));
}

}  // namespace

Evaluation evaluate(const EvaluateOptions& options) {
  std::optional<OutputFile> json;
  if (!options.json.empty()) json.emplace(options.json, options.overwrite);
  check_spot_finder(options.decider, false);
  const Decider decider(options.decider);
  const FrameSet frames = open_frames(options.input);
  const Labels labels = labels_of(frames, options.labels);
  spdlog::info("labels from {}", labels.source);
  if (decider.model())
    warn_if_masked_otherwise(frames, options.decider.model, decider.model()->mask);
  const std::unordered_set<uint64_t> seen = seen_frames(decider.model());
  Evaluation out;
  out.threshold = decider.threshold();
  ScoreOptions scoring;
  scoring.skip_bad = options.input.skip_bad;
  scoring.hashes = true;
  scoring.what = "evaluating";
  score_frames(frames, decider, scoring, [&](const ScoredFrame& frame) {
    if (!frame.reason.empty()) {
      ++out.bad;
    } else if (seen.contains(frame.hash)) {
      ++out.excluded;
    } else {
      out.scores.push_back(frame.decision.score);
      out.classes.push_back(FrameClass(labels.of[size_t(frame.index)]));
    }
  });
  check<NothingProcessed>(!out.scores.empty(), "no frame to evaluate on: of ", frames.size(), ", ",
                          out.excluded, " are known to the model and ", out.bad, " are bad");
  out.metrics = measure(out.scores, out.classes, out.threshold);
  if (json) {
    json->write(to_json(out, decider, options, labels).dump(2) + "\n");
    json->commit();
  }
  print_report(out, decider);
  return out;
}

Action add_evaluate(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "evaluate", "Compares a model's decisions with labels.",
      "Scores the frames and prints accuracy, recall, precision, F1, average precision and the "
      "confusion by the three classes. Frames that the model was trained or validated on are "
      "recognised by their content, in whatever file they are, and left out. What is not defined, "
      "such as the precision when nothing was decided a hit, is - in the table and null in the "
      "JSON "
      "file.",
      "  hitsieve evaluate -m model.h5 -i run0021.cxi --json run0021.json\n"
      "  hitsieve evaluate --method peaks --min-snr 5 -i run0021.cxi");
  auto options = std::make_shared<EvaluateOptions>();
  add_decider_options(*command, options->decider);
  add_input_options(*command, options->input);
  add_skip_bad_option(*command, options->input);
  add_labels_option(*command, options->labels);
  command->add_option("--json", options->json, "Also write the numbers to a JSON file.")
      ->type_name("FILE");
  add_overwrite_option(*command, options->overwrite);
  return [options] { evaluate(*options); };
}

}  // namespace hitsieve
