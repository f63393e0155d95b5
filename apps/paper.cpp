#include "apps/paper.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/interrupt.h"
#include "apps/paper_data.h"
#include "apps/paper_figures.h"
#include "apps/paper_page.h"
#include "apps/paper_runs.h"
#include "apps/paper_tables.h"
#include "apps/progress.h"
#include "apps/terminal.h"
#include "engine/checkpoint.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

Json read_json(const std::string& path) {
  std::ifstream file(path);
  check(file.good(), path, ": cannot be read");
  Json out = Json::parse(file, nullptr, false);
  check(!out.is_discarded(), path, ": is not JSON; remove it to have it made again");
  return out;
}

/// What results depend on.
Json settings_of(const PaperOptions& options) {
  Json out = {{"data", options.data.empty() ? "simulated" : fs::absolute(options.data).string()},
              {"quick", options.quick},
              {"seeds", options.seeds},
              {"version", version()}};
  out["seed"] = options.seed ? Json(*options.seed) : Json();
  out["frames"] = options.data.empty() ? Json(options.simulated_frames()) : Json();
  out["epochs"] = options.epochs ? Json(*options.epochs) : Json();
  return out;
}

class Paper {
 public:
  explicit Paper(const PaperOptions& options) : options_(options) {}

  void run() {
    std::optional<PaperData> opened;
    if (!options_.data.empty()) {  // before anything is made
      check(fs::is_directory(options_.data), options_.data, ": is no folder (--data)");
      opened.emplace(options_);
    }
    open_folder();
    if (!opened) opened.emplace(options_);
    PaperData& data = *opened;
    const std::vector<Experiment> experiments = paper_experiments(options_, data);
    const bool anew = run_all(experiments);
    data.drop_images();
    if (!anew && fs::exists(path("report.html")) && fs::exists(path("tables.json"))) {
      print(fmt::format("{}: all is there already\n", path("report.html")));
      return;
    }
    report(data);
  }

 private:
  std::string path(const std::string& name) const { return options_.folder + "/" + name; }

  void open_folder() const {
    const bool used = fs::exists(options_.folder) && !fs::is_empty(options_.folder);
    check<OutputError>(!used || options_.resume, options_.folder,
                       ": exists and is not empty; --resume goes on with what is there");
    const Json settings = settings_of(options_);
    if (used) {
      check<OutputError>(fs::exists(path("settings.json")), options_.folder,
                         ": was not made by this command, there is no settings.json in it");
      const Json before = read_json(path("settings.json"));
      for (const auto& [name, value] : settings.items())
        check<OutputError>(before.contains(name) && before[name] == value, options_.folder,
                           ": was made with another ", name, ": ",
                           before.contains(name) ? before[name].dump() : "none", ", not ",
                           value.dump());
      return;
    }
    std::error_code error;
    fs::create_directories(options_.folder, error);
    check<OutputError>(!error, options_.folder, ": cannot be made: ", error.message());
    write_file(path("settings.json"), settings.dump(2) + "\n");
  }

  Json run_one(const Experiment& experiment) const {
    try {
      return experiment.run();
    } catch (const OutputError&) {
      throw;
    } catch (const NothingProcessed&) {
      throw;
    } catch (const Error& error) {
      throw Error(text(experiment.what, " (", experiment.key, "): ", error.what(),
                       options_.data.empty() ? " (--frames makes more)" : ""));
    }
  }

  /// False when all results were there.
  bool run_all(const std::vector<Experiment>& experiments) {
    bool anew = false;
    size_t stage = 0;
    for (const Experiment& experiment : experiments) {
      poll_interrupt();
      ++stage;
      const std::string file = path("results/" + experiment.key + ".json");
      if (fs::exists(file)) {
        results_[experiment.key] = read_json(file);
        continue;
      }
      anew = true;
      spdlog::info("stage {} of {}: {} ({})", stage, experiments.size(), experiment.what,
                   experiment.key);
      const Json result = run_one(experiment);
      fs::create_directories(fs::path(file).parent_path());
      write_file(file, result.dump(1) + "\n", options_.resume);
      results_[experiment.key] = result;
    }
    return anew;
  }

  void report(const PaperData& data) {
    const Json tables = paper_tables(options_, data, results_);
    for (const auto& [name, table] : tables.items())
      write_file(path(name + ".csv"), table_csv(table), true);
    write_file(path("tables.json"), tables.dump(2) + "\n", true);
    const std::string figures = paper_figures(options_, data, results_);
    write_file(path("report.html"), paper_page(options_, data, tables, figures), true);
    print(fmt::format("tables: {}\npage: {}\n", path("tables.json"), path("report.html")));
  }

  const PaperOptions& options_;
  Results results_;
};

}  // namespace

void reproduce_paper(const PaperOptions& options) { Paper(options).run(); }

Action add_paper(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "paper", "Reproduces the tables and figures of the paper.",
      "Runs every experiment of \"Weakly supervised learning for pattern classification in serial "
      "femtosecond crystallography\": the 2D CNN with many and with few labels, transfer learning, "
      "RWD, DANN, on the sets of CXIDB entry 76 in a folder or on simulated ones in their "
      "likeness. "
      "Writes report.html, tables.json, a CSV file a table, each experiment's result and the "
      "models. Each result is kept as soon as there is one: after an interruption --resume goes "
      "on.",
      "  hitsieve paper -o report/ --quick\n"
      "  hitsieve paper -o report/ --data cxidb76/ --seeds 3");
  auto options = std::make_shared<PaperOptions>();
  const auto positive = CLI::Range(int64_t(1), int64_t(1'000'000)).description("");
  command->add_option("-o,--output", options->folder, "The folder for what is made.")
      ->type_name("FOLDER")
      ->required();
  command
      ->add_option("--data", options->data,
                   "The folder with the sets: FOLDER/LN84/r0095_2000.h5 and so on, beside them "
                   "expert_annotation.txt and, if any, mask.pickle. Without it: simulated sets.")
      ->type_name("FOLDER");
  command->add_flag("--quick", options->quick,
                    "Few simulated frames and few epochs: minutes, to see what there will be.");
  command->add_option("--seeds", options->seeds, "Each experiment so often, with other seeds.")
      ->type_name("K")
      ->check(positive)
      ->capture_default_str();
  command
      ->add_option("--seed", options->seed,
                   "The first seed; also shuffles the frames. Without it they are taken in "
                   "their order, and seeds count from 1.")
      ->type_name("SEED");
  command
      ->add_option("--frames", options->frames,
                   "Frames of each simulated set. Without it: 2000, --quick 240.")
      ->type_name("N")
      ->check(CLI::Range(int64_t(20), int64_t(1'000'000)).description(""));
  command
      ->add_option("--epochs", options->epochs,
                   "Epochs of every training (transfer: of each step). Without it: as usual "
                   "for the method.")
      ->type_name("N")
      ->check(positive);
  command->add_flag("--resume", options->resume, "Goes on with what is in the folder.");
  return [options] { reproduce_paper(*options); };
}

}  // namespace hitsieve
