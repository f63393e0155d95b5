#include "apps/screen.h"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/fingerprint.h"
#include "apps/journal.h"
#include "apps/processes.h"
#include "apps/scoring.h"
#include "apps/shared_scoring.h"
#include "apps/status_file.h"
#include "data/cxi_copy.h"
#include "engine/file_roles.h"
#include "engine/stopwatch.h"

namespace hitsieve {
namespace {

ScoreOptions scoring_of(const ScreenOptions& options) {
  ScoreOptions scoring;
  scoring.skip_bad = options.input.skip_bad;
  return scoring;
}

/// Screens what the journal does not have yet.
StepTimes screen_open(const FrameSet& frames, const Decider& decider, const ScreenOptions& options,
                      const Screening& screening, Journal& journal, StatusFile& status) {
  StepTimes times;
  const auto flush = [&] {
    Stopwatch watch;
    journal.flush();
    times.write += watch.lap();
  };
  const auto take = [&](int64_t number, bool hit, float score, const std::string& reason) {
    const FrameState state = !reason.empty() ? FrameState::bad
                             : hit           ? FrameState::hit
                                             : FrameState::miss;
    Stopwatch watch;
    journal.add(number, state, score, reason);
    status.add(screening.at(number));
    times.write += watch.lap();
  };
  const std::vector<int64_t> open = screening.open();
  if (open.empty()) return times;
  if (process_count() == 1) {
    const auto take_one = [&](const ScoredFrame& of) {
      take(open[size_t(of.index)], of.decision.hit, of.decision.score, of.reason);
    };
    times += score_frames(frames.subset(open), decider, scoring_of(options), take_one);
  } else {
    times += score_shared(
        frames, decider, scoring_of(options), open,
        [&](const std::vector<FrameResult>& results) {
          for (const FrameResult& of : results) take(of.number, of.hit, of.score, of.reason);
          flush();
        },
        [&](const std::string& identity, const std::string& who) {
          Screening other;
          other.run = nlohmann::ordered_json::parse(identity);
          check_same_run(screening, "process 0", other, who);
        });
  }
  flush();
  return times;
}

/// What process 0 hands out, in another process.
void serve_screening(const ScreenOptions& options) {
  serve([&](const std::function<void(const Served&)>& work) {
    const Decider decider(options.decider);
    const FrameSet frames = open_frames(options.input);
    const Screening screening =
        new_screening(frames, options.input, decider, options.decider, options.misses, {});
    ScoreOptions scoring = scoring_of(options);
    scoring.what = "";
    work({frames, decider, scoring, screening.run.dump()});
  });
}

/// What a resumed screening has to have in common with the interrupted one beside the results.
nlohmann::ordered_json outputs_of(const ScreenOutputOptions& output) {
  return {escaped(output.list), escaped(output.table), escaped(output.json), escaped(output.cxi),
          escaped(output.peaks)};
}

/// Error before anything is screened where --write-cxi would fail at the end, and --write-peaks
/// would give positions that nobody can use.
void check_can_be_copied(const ScreenOptions& options, const FrameSet& frames, int64_t crop) {
  check(options.output.peaks.empty() || options.input.geometry.empty(), options.output.peaks,
        ": peaks in frames that a geometry puts together are not where they are in the file; leave "
        "--write-peaks out");
  check(
      options.output.cxi.empty() || options.input.geometry.empty(), options.output.cxi,
      ": frames that a geometry puts together do not lie in their file in one piece, and cannot be "
      "copied; leave --write-cxi out");
  if (options.output.cxi.empty()) return;
  std::optional<SourceInfo> first;
  for (int32_t file = 0; file < frames.files(); ++file) {
    std::shared_ptr<const FrameSource> source;
    try {
      source = frames.file_source(file);
    } catch (const Error&) {
      continue;  // reported when its turn comes, as are frames without a crop
    }
    const SourceInfo& info = source->info();
    if (std::min(info.shape.ss, info.shape.fs) < crop) continue;
    if (!first) first = info;
    check_copied_alike(options.output.cxi + ": " + info.path, info, *first);
  }
}

void warn_if_repeated(const FrameSet& frames) {
  const std::vector<int64_t> repeated = repeated_frames(frames);
  if (repeated.empty()) return;
  spdlog::warn("{} was given already{}: what comes twice is screened, counted and listed twice",
               frames.name(repeated[0]),
               repeated.size() > 1 ? text(" (and ", repeated.size() - 1, " more)") : "");
}

}  // namespace

ScreenCounts screen(const ScreenOptions& options) {
  const OtherProcesses others;
  check_spot_finder(options.decider, !options.output.cxi.empty() || !options.output.peaks.empty());
  const bool from_standard_input =
      std::count(options.input.paths.begin(), options.input.paths.end(), "-") > 0;
  check(process_count() == 1 || !from_standard_input,
        "standard input reaches one process alone: give the list as a file");
  const std::string journal_path = journal_of(options.output.list);
  const Part part = options.part.empty() ? Part{} : parse_part(options.part);
  ScreenOutputOptions output = options.output;
  // A journal of the same outputs: what is there under their names was written by that screening.
  if (options.resume && journal_exists(journal_path)) output.overwrite = true;
  check_distinct({output.list, misses_list_of(output.list), output.table, output.json, output.cxi,
                  output.peaks, options.status, journal_path});
  if (!options.resume && !options.output.overwrite) check_no_journal(journal_path);
  ScreenOutputs outputs(output, options.misses > 0);
  StatusFile status(options.status, output.overwrite);
  const Decider decider(options.decider);
  const FrameSet frames = open_frames(options.input);
  check_listable(frames);
  warn_if_repeated(frames);
  check_can_be_copied(options, frames, decider.crop());
  Screening screening =
      new_screening(frames, options.input, decider, options.decider, options.misses, part);
  screening.own["outputs"] = outputs_of(output);
  Journal journal(journal_path, screening, options.resume);
  status.start(screening);
  if (decider.model())
    warn_if_masked_otherwise(frames, options.decider.model, decider.model()->mask);
  Stopwatch all;
  // Beside the work: it reads frames of its own.
  auto warned = std::async(std::launch::async, [&] { warn_if_unmasked(frames); });
  StepTimes times = screen_open(frames, decider, options, screening, journal, status);
  warned.get();
  status.stage("writing the outputs");
  Stopwatch writing;
  outputs.write(screening);
  if (!options.part.empty())
    journal.keep();
  else
    journal.remove();
  times.write += writing.lap();
  status.finish(times);
  ScreenCounts counts = screening.counts();
  counts.seconds = all.lap();
  spdlog::info(in_a_line(times, counts.seconds));
  print_final(counts);
  check<NothingProcessed>(
      counts.processed > 0 || screening.records.empty() || !options.part.empty(), "all ",
      counts.bad, " frames were skipped as bad");
  return counts;
}

Action add_screen(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "screen", "Writes the list of the hits among frames.",
      "Scores every frame and writes those that are hits to a list that CrystFEL reads, one "
      "`FILE //FRAME` a line, counted from 0, the file as it was given. The score is the "
      "probability of 4 or more Bragg spots; the threshold was chosen by `train`. The last line on "
      "standard output is `Final: N images processed, M hits (P%).`, as indexamajig prints it. "
      "Where the time went is said before it on standard error: to read, decode, compute and "
      "write, with --device cuda also to copy. Steps go on side by side: their sum is no time by "
      "the clock.\n\n"
      "What is done is kept in OUTPUT.journal until all is: --resume goes on after an "
      "interruption. With --part the frames are shared among independent processes, whose outputs "
      "`merge` joins; the result is byte for byte that of one process.",
      "  hitsieve screen -m model.h5 -i run0021.cxi -o hits.lst --table frames.tsv\n"
      "  indexamajig -i hits.lst -g detector.geom -o run0021.stream");
  auto options = std::make_shared<ScreenOptions>();
  add_decider_options(*command, options->decider);
  add_input_options(*command, options->input);
  add_skip_bad_option(*command, options->input);
  add_output_options(*command, options->output);
  command
      ->add_option("--misses", options->misses,
                   "Also keep one miss in K, picked at random by its number, to estimate from them "
                   "how many hits are missed: in OUTPUT.misses.lst (hits.misses.lst for hits.lst), "
                   "and as \"kept\" in the table. The list of hits has hits alone.")
      ->type_name("K")
      ->check(CLI::Range(1, 1'000'000'000).description(""));
  command
      ->add_option("--part", options->part,
                   "Only the K-th of N parts of the frames, K from 1; for `merge`.")
      ->type_name("K/N")
      ->check(CLI::Validator(
          [](std::string& value) {
            try {
              parse_part(value);
              return std::string();
            } catch (const Error& error) {
              return std::string(error.what());
            }
          },
          ""));
  command
      ->add_option("--status", options->status,
                   "A file that always says how far it is: stage, frames, hits, hit rate, frames "
                   "per second, at the end also the seconds of each step; replaced every second.")
      ->type_name("FILE");
  command->add_flag("--resume", options->resume,
                    "Go on where an interrupted or killed screening of the same frames, model and "
                    "options was; from the start when there is none.");
  return [options] {
    if (process_rank() > 0)
      serve_screening(*options);
    else
      screen(*options);
  };
}

}  // namespace hitsieve
