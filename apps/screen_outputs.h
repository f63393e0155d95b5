// The files that a screening ends with, made from its records alone, under their names only when
// they are whole.
#pragma once
#include <memory>
#include <string>

#include "apps/screening.h"

namespace hitsieve {

struct ScreenOutputOptions {
  std::string list;         ///< hits.lst
  std::string table, json;  ///< empty: not written
  std::string cxi;          ///< the kept frames themselves; empty: not written
  std::string peaks;        ///< theirs alone; empty: not written
  bool overwrite = false;
};

/// -o, --table, --json, --write-cxi, --write-peaks, --overwrite.
void add_output_options(CLI::App& command, ScreenOutputOptions& options);

/// "hits.misses.lst" of "hits.lst": where --misses puts what it keeps.
std::string misses_list_of(const std::string& list);

class ScreenOutputs {
 public:
  /// Opens or refuses them, before any work is done. OutputError.
  ScreenOutputs(const ScreenOutputOptions& options, bool keeps_misses);
  ~ScreenOutputs();

  /// Of a screening without an open frame.
  void write(const Screening& screening);

 private:
  struct Files;
  std::unique_ptr<Files> files_;
};

/// "Final: 2000 images processed, 412 hits (20.6%).", and how many were skipped: to standard
/// output, in indexamajig's words, which scripts look for.
void print_final(const ScreenCounts& counts);

}  // namespace hitsieve
