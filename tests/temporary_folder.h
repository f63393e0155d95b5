// A folder for a test's files, gone with the object.
#pragma once
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <stdlib.h>

struct TemporaryFolder {
  std::string path;

  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "hitsieve-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return path + "/" + name; }
};

inline std::string file_content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// The text of the error that `body` throws; "" when it throws none.
template <class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

inline bool contains(const std::string& whole, const std::string& part) {
  return whole.find(part) != std::string::npos;
}

/// Like CHECK(contains(...)), and shows the text when it does not.
#define CHECK_CONTAINS(whole, part)                \
  do {                                             \
    const std::string whole_ = (whole);            \
    CHECK_MESSAGE(contains(whole_, part), whole_); \
  } while (false)
