#include "apps/simulate.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/progress.h"
#include "data/cxi_writer.h"
#include "data/simulate.h"
#include "engine/parallel.h"

namespace hitsieve {
namespace {

/// A frame ready to be appended.
struct Made {
  Bytes bytes;
  CxiFrameInfo info;
};

Made make(const Simulator& simulator, const CxiWriter& writer, int64_t index, uint64_t seed) {
  const SimulatedFrame frame = simulator.frame(index);
  Made made;
  made.bytes = writer.encode(frame.pixels.data());
  made.info.label = Label(frame.label);
  made.info.n_spots = frame.n_spots;
  made.info.photon_energy_ev = frame.photon_energy_eV;
  made.info.encoder_mm = simulator.set().detector.distance_mm;
  made.info.identifier = text("simulated ", simulator.set().name, " seed ", seed, " //", index);
  return made;
}

CxiOptions cxi_options(const Simulator& simulator, const SimulateOptions& options) {
  CxiOptions cxi;
  cxi.shape = {simulator.size(), simulator.size()};
  cxi.type = simulator.set().detector.type;
  cxi.deflate = options.compression;
  cxi.mask = Mask{simulator.size(), simulator.size(), simulator.mask()};
  cxi.overwrite = options.overwrite;
  return cxi;
}

}  // namespace

std::array<int64_t, 3> simulate(const SimulateOptions& options) {
  const Simulator simulator(simulated_set(options.like), options.frames, options.seed,
                            options.size);
  CxiWriter writer(options.output, cxi_options(simulator, options));
  const int64_t batch = 4 * threads();  // frames in memory; not seen in the result
  std::vector<Made> made(size_t(std::min(batch, options.frames)));
  std::array<int64_t, 3> counts{};
  Progress progress("simulating", options.frames);
  for (int64_t first = 0; first < options.frames; first += batch) {
    const int64_t count = std::min(batch, options.frames - first);
    parallel_for(count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        made[size_t(i)] = make(simulator, writer, first + i, options.seed);
    });
    for (int64_t i = 0; i < count; ++i) {
      writer.append(made[size_t(i)].bytes, made[size_t(i)].info);
      ++counts[size_t(made[size_t(i)].info.label)];
    }
    progress.update(first + count);
  }
  writer.finish();
  progress.finish();
  spdlog::info("{}: {} misses, {} maybes, {} hits, like {}", options.output, counts[0], counts[1],
               counts[2], options.like);
  return counts;
}

Action add_simulate(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "simulate", "Makes a run of diffraction frames with labels, to try things on.",
      "Writes a CXI file in the likeness of one of the five sets of CXIDB entry 76: a real lattice "
      "in random orientations, solvent rings and air scatter, shot-to-shot fluctuations, the "
      "detector's gain, noise and defects. A frame's label is the number of its Bragg spots that "
      "stand out of the noise: hit (10 or more), maybe (4 to 9), miss. The same seed writes the "
      "same file.",
      "  hitsieve simulate --like LN84 -n 2000 --seed 1 -o ln84.cxi");
  auto options = std::make_shared<SimulateOptions>();
  command->add_option("--like", options->like, "The set to imitate: L498, LG36, LN84, LN83, LO19.")
      ->type_name("SET")
      ->check(CLI::IsMember(simulated_set_names()).description(""))
      ->capture_default_str();
  command->add_option("-n,--frames", options->frames, "How many frames.")
      ->type_name("N")
      ->check(CLI::Range(int64_t(1), int64_t(100'000'000)).description(""))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Another seed is another run of the same crystals.")
      ->type_name("SEED")
      ->capture_default_str();
  command->add_option("--size", options->size, "Side of the detector's central window, pixels.")
      ->type_name("PIXELS")
      ->check(CLI::Range(724, 1920).description(""))
      ->capture_default_str();
  command
      ->add_option("--compression", options->compression,
                   "Deflate level, 1 to 9; 0 stores the frames as they are.")
      ->type_name("LEVEL")
      ->check(CLI::Range(0, 9).description(""))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "The CXI file to write.")
      ->type_name("FILE")
      ->required();
  add_overwrite_option(*command, options->overwrite);
  return [options] { simulate(*options); };
}

}  // namespace hitsieve
