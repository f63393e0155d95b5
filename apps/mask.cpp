#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/inputs.h"
#include "apps/progress.h"
#include "apps/terminal.h"
#include "data/find_mask.h"

namespace hitsieve {
namespace {

struct MaskOptions {
  InputOptions input;
  std::string output;
  FindMaskOptions find;
  bool overwrite = false;
};

void find_and_write(const MaskOptions& options) {
  check_output(options.output, options.overwrite);
  const FrameSet frames = open_frames(options.input);
  const int64_t looked_at = std::min(options.find.frames, frames.size());
  Progress progress("looking at frames", looked_at);
  FindMaskOptions find = options.find;
  find.progress = [&](double done) { progress.update(int64_t(done * double(looked_at))); };
  const FoundMask found = find_mask(frames, find);
  progress.finish();
  const int64_t pixels = int64_t(found.mask.bad.size());
  write_mask(options.output, found.mask,
             fmt::format("found by hitsieve from {} of {} frames of {}", found.frames,
                         frames.size(), frames.path(0)),
             options.overwrite);
  print(fmt::format("{}: {} of {} pixels masked ({}), 0 = good, from {} frames\n", options.output,
                    with_commas(found.mask.masked()), with_commas(pixels),
                    percent(found.mask.fraction()), found.frames));
  print(fmt::format("  hot {}, dead {}, noisy {}, shadow edges {}, masked or untrusted before {}\n",
                    found.hot, found.dead, found.noisy, found.shadow, found.untrusted));
}

}  // namespace

Action add_mask(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "mask", "Finds bad pixels from the frames themselves.",
      "Looks for hot, dead and noisy pixels and the edges of shadows by robust statistics over the "
      "run, and writes a mask (/mask, 0 = good) for the --mask option of the other commands. "
      "Without a mask hot pixels and shadow edges make every frame a hit.",
      "  hitsieve mask -i run0020.cxi -o mask.h5\n"
      "  hitsieve screen -m model.h5 -i run0020.cxi --mask mask.h5 -o hits.lst");
  auto options = std::make_shared<MaskOptions>();
  add_input_options(*command, options->input);
  command->add_option("-o,--output", options->output, "The HDF5 file to write.")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("-n,--frames", options->find.frames,
                   "Look at no more than so many frames, evenly over the run.")
      ->type_name("N")
      ->check(CLI::Range(int64_t(10), int64_t(1'000'000)).description(""))
      ->capture_default_str();
  add_overwrite_option(*command, options->overwrite);
  return [options] { find_and_write(*options); };
}

}  // namespace hitsieve
