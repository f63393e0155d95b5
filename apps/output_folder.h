// The folder that a command puts its files into.
#pragma once
#include <filesystem>
#include <string>

#include "engine/check.h"

namespace hitsieve {

class OutputFolder {
 public:
  /// Makes it unless it is there. OutputError.
  explicit OutputFolder(std::string path) : path_(std::move(path)) {
    std::error_code error;
    made_ = std::filesystem::create_directories(path_, error);
    check<OutputError>(!error, path_, ": cannot be made: ", error.message());
  }
  /// Takes away what it made, unless something was put into it.
  ~OutputFolder() {
    std::error_code not_empty;
    if (made_) std::filesystem::remove(path_, not_empty);
  }
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

 private:
  std::string path_;
  bool made_ = false;
};

}  // namespace hitsieve
