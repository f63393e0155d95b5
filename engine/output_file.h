// Output files that exist whole or not at all: written as NAME.inprogress, renamed to NAME by
// commit(). Whatever ends the program before that (an exception after SIGINT, a full disk, a power
// cut) leaves no half-written NAME; unless killed outright the program removes the temporary too.
#pragma once
#include <string>
#include <string_view>

#include "engine/file_roles.h"

namespace hitsieve {

class OutputFile {
 public:
  /// Refuses, as OutputError, before any work is done: `path` exists and `overwrite` is not set, is
  /// no regular file, its folder is missing or not writable, another process is writing it or has
  /// finished in this moment; it is an input of this one. So does a temporary that is there and
  /// not empty, as a killed process leaves it: only `overwrite` replaces that.
  explicit OutputFile(std::string path, bool overwrite = false);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& path() const { return path_; }
  /// Where to write until commit(): either a library opens it by name, or write() is used.
  const std::string& temporary() const { return temporary_; }

  /// Appends to the temporary; buffered, OutputError when the disk does not take it.
  void write(std::string_view content);

  /// Flushes to the disk and gives the file its name. Once; nothing can be written afterwards.
  void commit();

 private:
  void flush();
  std::string path_, temporary_, buffer_;
  OutputClaim claim_;
  bool overwrite_;
  int descriptor_ = -1;  // holds the lock that keeps a second writer out
};

/// A whole file in one step.
void write_file(const std::string& path, std::string_view content, bool overwrite = false);

}  // namespace hitsieve
