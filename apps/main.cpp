#include <charconv>
#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/help.h"
#include "apps/interrupt.h"
#include "apps/processes.h"
#include "apps/terminal.h"
#include "apps/version.h"
#include "engine/file_roles.h"
#include "engine/hdf5_lock.h"
#include "engine/parallel.h"

namespace hitsieve {
namespace {

constexpr const char* exit_codes = R"(
Exit codes:
  0    done
  1    anything not listed here: a bug, please report it
  2    the command line was not understood
  3    bad input: a file, dataset, frame, label or model; the message names it
  4    an output exists already or cannot be written
  5    nothing was processed: an empty list, or every frame was skipped as bad
  130  interrupted; no output has been half-written under its name

`hitsieve COMMAND --help` explains a command.)";

struct CommonOptions {
  bool quiet = false, verbose = false;
  int threads = 0;
};

void add_common_options(CLI::App& command, CommonOptions& options) {
  command
      .add_option("-j,--threads", options.threads,
                  "Threads to use; 0 is one a core. The results do not depend on it.")
      ->type_name("N")
      ->check(CLI::Range(0, 4096).description(""));
  auto* quiet = command.add_flag("-q,--quiet", options.quiet, "Only warnings and errors.");
  command.add_flag("-v,--verbose", options.verbose, "Also details, with the time of day.")
      ->excludes(quiet);
}

/// "" for a whole number as people write it; CLI11 alone takes 010 for 8, and -1 for 2^64 - 1.
std::string check_whole_number(const std::string& value) {
  uint64_t number = 0;
  const char* end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, number);
  const bool plain = read.ec == std::errc() && read.ptr == end;
  return plain && (value.size() == 1 || value[0] != '0')
             ? ""
             : value + ": expected a whole number, 0 or more, in decimal digits";
}

void check_whole_numbers(CLI::App& command) {
  const CLI::Validator whole([](std::string& value) { return check_whole_number(value); }, "");
  for (CLI::Option* option : command.get_options())
    for (const char* type : {"N", "K", "SEED", "LEVEL", "PIXELS"})
      if (option->get_type_name() == type) option->check(whole);
}

/// What was chosen on the command line, and how it is to be run.
class Program {
 public:
  Program() : app_("Finds the frames worth keeping in serial femtosecond crystallography.") {
    app_.name("hitsieve");
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.set_version_flag("--version", version_text);
    app_.require_subcommand(1);
    app_.footer(exit_codes);
    for (auto add : {add_demo, add_simulate, add_info, add_mask, add_preview, add_train,
                     add_evaluate, add_screen, add_merge, add_bench, add_paper, add_docs}) {
      Action action = add(app_);
      CLI::App* command = app_.get_subcommands({}).back();
      add_common_options(*command, common_);
      check_whole_numbers(*command);
      actions_[command] = std::move(action);
    }
  }

  int run(int argc, char** argv) {
    if (argc == 1) {
      print(app_.help());
      return exit_usage;
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& success) {  // --help, --version
      app_.exit(success);
      return exit_done;
    } catch (const CLI::RequiredError& error) {
      const bool unknown = app_.get_subcommands().empty() && argv[1][0] != '-';
      return usage_error(unknown ? text("there is no command ", argv[1]) : error.what());
    } catch (const CLI::ParseError& error) {
      return usage_error(error.what());
    }
    if (process_rank() == 0 && common_.verbose) set_up_logging(Verbosity::verbose);
    if (process_rank() == 0 && common_.quiet) set_up_logging(Verbosity::quiet);
    set_threads(common_.threads);
    const CLI::App* chosen = app_.get_subcommands().front();
    const std::string name = chosen->get_name();
    if (process_rank() > 0 && name != "screen" && name != "train") return exit_done;  // 0 does it
    try {
      actions_.at(chosen)();
    } catch (const CLI::Error& error) {  // a value that a command itself found out of place
      return usage_error(error.what());
    }
    return exit_done;
  }

 private:
  int usage_error(const std::string& what) const {
    const auto chosen = app_.get_subcommands();
    const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
    spdlog::error("{}", what);
    spdlog::info("`hitsieve{} --help` lists what there is", command);
    return exit_usage;
  }

  CLI::App app_;
  CommonOptions common_;
  std::map<const CLI::App*, Action> actions_;
};

int end_with(ExitCode code, const std::exception& error) {
  spdlog::error("{}", error.what());
  return code;
}

/// One exit code a type of error.
int run(int argc, char** argv) {
  try {
    return Program().run(argc, argv);
  } catch (const Interrupted& interrupted) {
    spdlog::warn("interrupted; unfinished outputs have been removed");
    return exit_interrupted;
  } catch (const NothingProcessed& error) {
    return end_with(exit_nothing_processed, error);
  } catch (const OutputError& error) {
    return end_with(exit_output, error);
  } catch (const Error& error) {
    return end_with(exit_bad_input, error);
  } catch (const std::exception& error) {
    return end_with(exit_bug, error);
  }
}

/// Process 0 speaks for all.
int run_process(int argc, char** argv) {
  set_up_logging(Verbosity::normal);
  try {
    ProcessSession session(argc, argv);
    if (process_rank() > 0) set_up_logging(Verbosity::silent);
    catch_interrupts();
    const int code = run(argc, argv);
    if (code == exit_interrupted) session.abort(code);  // the others have no reason to go on
    if (code != exit_done && in_step) {                 // the others wait for this one
      if (process_rank() > 0) std::this_thread::sleep_for(std::chrono::seconds(1));  // 0 may say it
      session.abort(code);
    }
    return process_rank() > 0 ? int(exit_done) : code;
  } catch (const Error& error) {  // of the session; mpirun ends all when one other fails first
    return process_rank() > 0 ? int(exit_done) : end_with(exit_usage, error);
  }
}

}  // namespace
}  // namespace hitsieve

int main(int argc, char** argv) {
  hitsieve::set_up_hdf5();
  const hitsieve::ProtectedInputs inputs;
  return hitsieve::run_process(argc, argv);
}
