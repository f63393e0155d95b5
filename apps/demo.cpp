#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/demo_page.h"
#include "apps/output_folder.h"
#include "apps/preview.h"
#include "apps/progress.h"
#include "apps/simulate.h"
#include "apps/terminal.h"
#include "apps/train.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

struct DemoOptions {
  std::string folder = "hitsieve-demo", like = "LN84";
  int64_t frames = 1000;  ///< of the run that is screened
  int64_t labels = 200;   ///< to train on, and as many to validate
  int size = 724;
  uint64_t seed = 1;
  bool overwrite = false;
};

/// As a shell takes it for one word.
std::string shell_word(const std::string& word) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("/._-+", c);
  };
  if (std::all_of(word.begin(), word.end(), plain)) return word;
  std::string out = "'";
  for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// The main job, step by step, as the commands would do it.
class Demo {
 public:
  explicit Demo(const DemoOptions& options) : options_(options) {
    first_ = path("run1.cxi"), second_ = path("run2.cxi"), model_ = path("model.h5");
    hits_ = path("hits.lst"), page_ = path("index.html");
    result_.set = options.like;
  }

  void run() {
    const OutputFolder folder(options_.folder);
    for (const std::string& file : {first_, second_, model_, hits_, page_, path("frames.tsv"),
                                    path("evaluation.json"), path("screening.json")})
      check_output(file, options_.overwrite);
    simulate_run("a run to learn from", first_, 2 * options_.labels, options_.seed);
    simulate_run("a run to find hits in", second_, options_.frames, options_.seed + 1);
    train_model();
    evaluate_model();
    screen_run();
    write_page();
  }

 private:
  std::string path(const std::string& name) const { return options_.folder + "/" + name; }

  /// Runs a step and notes what it was, the command that does the same, and the time it took.
  template <class Body>
  void step(const std::string& what, std::string command, Body&& body) {
    if (options_.overwrite) command += " --overwrite";
    print(fmt::format("\n{}. {}\n   {}\n", result_.steps.size() + 1, what, command));
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    result_.steps.push_back({what, command, took.count()});
  }

  void simulate_run(const std::string& what, const std::string& file, int64_t frames,
                    uint64_t seed) {
    SimulateOptions simulation;
    simulation.like = options_.like, simulation.frames = frames, simulation.seed = seed;
    simulation.size = options_.size, simulation.output = file;
    simulation.overwrite = options_.overwrite;
    step("Simulate " + what,
         fmt::format("hitsieve simulate --like {} -n {} --seed {} --size {} -o {}", options_.like,
                     frames, seed, options_.size, shell_word(file)),
         [&] { simulate(simulation); });
  }

  void train_model() {
    TrainCommand training;
    training.input.paths = {first_};
    training.output = model_;
    training.train = training.validate = options_.labels;
    training.overwrite = options_.overwrite;
    step(fmt::format("Train on {0} labelled frames, validate on {0}", options_.labels),
         fmt::format("hitsieve train --method rwd -i {0} --train {1} --validate {1} -o {2}",
                     shell_word(first_), options_.labels, shell_word(model_)),
         [&] {
           const Model model = train(training);
           result_.history = model.history, result_.kept_epoch = model.kept_epoch;
           result_.trained_on = int64_t(model.trained_on.size());
           result_.validated_on = int64_t(model.validated_on.size());
           result_.min_recall = model.min_recall;
         });
  }

  void evaluate_model() {
    EvaluateOptions evaluation;
    evaluation.decider.model = model_;
    evaluation.input.paths = {second_};
    evaluation.json = path("evaluation.json");
    evaluation.overwrite = options_.overwrite;
    step("Compare its decisions with the labels of the second run",
         fmt::format("hitsieve evaluate -m {} -i {} --json {}", shell_word(model_),
                     shell_word(second_), shell_word(evaluation.json)),
         [&] { result_.evaluation = evaluate(evaluation); });
  }

  void screen_run() {
    ScreenOptions screening;
    screening.decider.model = model_;
    screening.input.paths = {second_};
    screening.output.list = hits_, screening.output.table = path("frames.tsv");
    screening.output.json = path("screening.json");
    screening.output.overwrite = options_.overwrite;
    step("Write the list of hits",
         fmt::format("hitsieve screen -m {} -i {} -o {} --table {} --json {}", shell_word(model_),
                     shell_word(second_), shell_word(hits_), shell_word(screening.output.table),
                     shell_word(screening.output.json)),
         [&] { result_.screened = screen(screening); });
    std::ifstream lines(hits_);
    for (std::string line; result_.first_hits.size() < 12 && std::getline(lines, line);)
      result_.first_hits.push_back(line);
  }

  void write_page() {
    const FrameSet frames({second_});
    PreviewOptions preview;
    preview.frames = 2;
    result_.frames = make_sheet(frames, read_labels("", frames), preview);
    write_file(page_, demo_page(result_), options_.overwrite);
    const Metrics& metrics = result_.evaluation.metrics;
    print(
        fmt::format("\nrecall {:.3f}, precision {:.3f} on {} frames never seen before\n"
                    "hits: {}\npage: {}\n",
                    metrics.recall(), metrics.precision(), metrics.frames, hits_, page_));
  }

  DemoOptions options_;
  std::string first_, second_, model_, hits_, page_;
  DemoResult result_;
};

}  // namespace

Action add_demo(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "demo", "Shows the main job on simulated frames, with a page to look at.",
      "Simulates two runs, trains on 200 labelled frames of the first, evaluates and screens the "
      "second, and writes a page with example frames, scores and the hit list: one file that needs "
      "nothing else and can be mailed. It prints each command as it goes.",
      "  hitsieve demo -o hitsieve-demo");
  auto options = std::make_shared<DemoOptions>();
  command->add_option("-o,--output", options->folder, "The folder for what is made.")
      ->type_name("FOLDER")
      ->capture_default_str();
  command->add_option("--like", options->like, "The set to imitate: L498, LG36, LN84, LN83, LO19.")
      ->type_name("SET")
      ->check(CLI::IsMember({"L498", "LG36", "LN84", "LN83", "LO19"}).description(""))
      ->capture_default_str();
  command->add_option("-n,--frames", options->frames, "Frames of the run that is screened.")
      ->type_name("N")
      ->check(CLI::Range(int64_t(10), int64_t(100'000'000)).description(""))
      ->capture_default_str();
  command->add_option("--train", options->labels, "Frames to train on, and to validate on.")
      ->type_name("N")
      ->check(CLI::Range(int64_t(10), int64_t(100'000'000)).description(""))
      ->capture_default_str();
  command->add_option("--size", options->size, "Side of the frames, pixels.")
      ->type_name("PIXELS")
      ->check(CLI::Range(724, 1920).description(""))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Other seeds are other runs.")
      ->type_name("SEED")
      ->capture_default_str();
  add_overwrite_option(*command, options->overwrite);
  return [options] { Demo(*options).run(); };
}

}  // namespace hitsieve
