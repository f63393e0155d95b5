#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "apps/command.h"
#include "apps/journal.h"
#include "apps/progress.h"
#include "apps/screen_outputs.h"
#include "engine/file_roles.h"

namespace hitsieve {
namespace {

struct MergeOptions {
  std::vector<std::string> parts;  ///< their lists of hits, or their journals
  ScreenOutputOptions output;
};

struct NamedPart {
  std::string name;
  Screening screening;
};

std::string journal_for(const std::string& part) {
  return part.ends_with(".journal") ? part : journal_of(part);
}

NamedPart read_part(const std::string& name) {
  const std::string journal = journal_for(name);
  check(journal_exists(journal), name, ": this part is missing: there is no ", journal,
        ", which `screen --part` writes");
  NamedPart part{name, read_journal(journal)};
  note_input(name), note_input(journal);
  const std::vector<int64_t> open = part.screening.open();
  check(open.empty(), name, ": part ", part.screening.part.text(),
        " is unfinished: ", with_commas(int64_t(open.size())), " of ",
        with_commas(int64_t(part.screening.records.size())),
        " frames are not screened; go on with `screen --resume`");
  return part;
}

/// The parts in order; Error unless each is there once, and all are of one run.
std::vector<NamedPart> read_parts(const std::vector<std::string>& names) {
  std::vector<std::optional<NamedPart>> found;
  std::string first;
  for (const std::string& name : names) {
    NamedPart part = read_part(name);
    const Part& is = part.screening.part;
    if (found.empty()) found.resize(size_t(is.of)), first = name;
    check(is.of == int64_t(found.size()), name, ": is part ", is.text(), ", ", first, " is one of ",
          found.size());
    std::optional<NamedPart>& place = found[size_t(is.number - 1)];
    check(!place, name, ": is part ", is.text(), ", and so is ", place ? place->name : "");
    place = std::move(part);
  }
  std::vector<NamedPart> parts;
  std::string missing;
  for (size_t i = 0; i < found.size(); ++i)
    if (found[i])
      parts.push_back(std::move(*found[i]));
    else
      missing += (missing.empty() ? "" : ", ") + Part{int64_t(i) + 1, int64_t(found.size())}.text();
  check(missing.empty(), "part ", missing, " is missing");
  for (const NamedPart& part : parts)
    check_same_run(parts[0].screening, parts[0].name, part.screening, part.name);
  return parts;
}

Screening join(std::vector<NamedPart> parts) {
  Screening all = std::move(parts[0].screening);
  all.part = {};
  for (size_t i = 1; i < parts.size(); ++i) {
    Screening& next = parts[i].screening;
    all.records.insert(all.records.end(), next.records.begin(), next.records.end());
    all.reasons.merge(next.reasons);
  }
  return all;
}

void merge(const MergeOptions& options) {
  std::vector<NamedPart> parts = read_parts(options.parts);
  const ScreenOutputOptions& output = options.output;
  check_distinct({output.list, misses_list_of(output.list), output.table, output.json, output.cxi,
                  output.peaks});
  for (const auto& [name, screening] : parts) {
    for (const std::string& input : inputs_of(screening)) note_input(input);
    if (!output.cxi.empty() || !output.peaks.empty()) check_unchanged(screening, name);
    if (!same_files(parts[0].screening, screening))
      spdlog::warn(
          "{}: the frames' files had another time of change than for {}: if they were "
          "changed in between, screen all parts again",
          name, parts[0].name);
  }
  const bool misses = parts[0].screening.run["misses"] > 0;
  ScreenOutputs outputs(options.output, misses);
  const Screening all = join(std::move(parts));
  outputs.write(all);
  const ScreenCounts counts = all.counts();
  print_final(counts);
  check<NothingProcessed>(counts.processed > 0, "all ", counts.bad, " frames were skipped as bad");
}

}  // namespace

Action add_merge(CLI::App& program) {
  CLI::App* command = add_subcommand(
      program, "merge", "Joins what `screen --part` wrote.",
      "Takes the lists of hits of all parts, in any order, and the journals that lie beside them, "
      "and writes what one `screen` of all frames would have written, byte for byte. A part that "
      "is missing, unfinished, given twice, or of another model, input or option is named, and "
      "nothing is written. The frames are read again for --write-cxi and --write-peaks alone. It "
      "also takes the journal of a screening that could not write its outputs.",
      "  hitsieve screen -m model.h5 -i run0021.cxi --part 1/2 -o part1.lst\n"
      "  hitsieve screen -m model.h5 -i run0021.cxi --part 2/2 -o part2.lst\n"
      "  hitsieve merge -o hits.lst part1.lst part2.lst");
  auto options = std::make_shared<MergeOptions>();
  command->add_option("PART", options->parts, "The list of hits of a part.")->required();
  add_output_options(*command, options->output);
  return [options] { merge(*options); };
}

}  // namespace hitsieve
