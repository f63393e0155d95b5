#include "apps/bench.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "apps/command.h"
#include "apps/decider.h"
#include "apps/output_folder.h"
#include "apps/terminal.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

void bench(const BenchOptions& options) {
  device_of(options.device);
  const OutputFolder folder(options.folder);
  const std::string json = options.folder + "/bench.json", page = options.folder + "/bench.html";
  check_output(json, options.overwrite);
  check_output(page, options.overwrite);
  const BenchResult result = measure(options);
  write_file(json, bench_json(result).dump(2) + "\n", options.overwrite);
  write_file(page, bench_page(result), options.overwrite);
  print(bench_table(result) + "\nnumbers: " + json + "\npage:    " + page + "\n");
}

}  // namespace

Action add_bench(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "bench", "Measures how fast this machine screens, step by step.",
      "Prints how long a frame takes to read, decode, preprocess and decide on, separately and "
      "together; the wait for a single frame; and how the rate grows with threads, with the frames "
      "that are handed over at once and with their size, beside what the processor and its memory "
      "can do at most. The numbers go to bench.json, and with plots to bench.html: one file that "
      "needs nothing else. Without -i it takes simulated frames in memory, without -m one network "
      "of random weights of each kind, which are as fast as trained ones. --device cuda measures "
      "the GPU beside the processor: what it can do at most, the steps on it, and frames that come "
      "from pinned memory or the file. It takes less than a minute for each of the two. Times mean "
      "little on a machine that does other work.",
      "  hitsieve bench\n"
      "  hitsieve bench -i run0021.cxi -m model.h5 -o bench-run0021\n"
      "  hitsieve bench --device cuda -i run0021.cxi -m model.h5");
  auto options = std::make_shared<BenchOptions>();
  add_input_options(*command, options->input);
  command->get_option("--input")->required(false);
  command->add_option("-m,--model", options->model, "The model file, from `hitsieve train`.")
      ->type_name("FILE");
  add_device_option(*command, options->device);
  command->add_option("-o,--output", options->folder, "The folder for what is made.")
      ->type_name("FOLDER")
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "How long each single measurement takes.")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 60.0).description(""))
      ->capture_default_str();
  add_overwrite_option(*command, options->overwrite);
  return [options] { bench(*options); };
}

}  // namespace hitsieve
