#include "engine/file_roles.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include <sys/stat.h>

#include "engine/check.h"

namespace hitsieve {
namespace {

namespace fs = std::filesystem;

using FileId = std::pair<dev_t, ino_t>;

/// {} of a file that is not there.
FileId id_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? FileId{found.st_dev, found.st_ino} : FileId{};
}

struct Roles {
  bool hold = false;
  std::mutex mutex{};
  std::map<FileId, std::string> inputs{};
  std::multiset<std::string> outputs{};  // absolute names
};

Roles& roles() {
  static Roles all;
  return all;
}

std::string absolute(const std::string& path) {
  std::error_code ignored;
  const fs::path given = fs::absolute(path, ignored);
  return (fs::weakly_canonical(given.parent_path(), ignored) / given.filename()).string();
}

/// The input may have gone, and its number been given to another file.
bool is_input(const FileId& id) {
  const auto found = roles().inputs.find(id);
  return id != FileId{} && found != roles().inputs.end() && id_of(found->second) == id;
}

}  // namespace

ProtectedInputs::ProtectedInputs() {
  const std::lock_guard lock(roles().mutex);
  roles().hold = true;
}

ProtectedInputs::~ProtectedInputs() {
  const std::lock_guard lock(roles().mutex);
  roles().hold = false;
  roles().inputs.clear();
}

void note_input(const std::string& path) {
  const FileId id = id_of(path);
  const std::lock_guard lock(roles().mutex);
  if (!roles().hold || id == FileId{}) return;
  for (const std::string& output : roles().outputs)
    check(id_of(output) != id, path, ": is to be read, and is also the output ", output,
          ": give the output another name");
  roles().inputs[id] = absolute(path);
}

void check_distinct(const std::vector<std::string>& outputs) {
  std::set<std::string> names;
  for (const std::string& output : outputs)
    for (const char* ending : {"", unfinished})
      check<OutputError>(output.empty() || names.insert(absolute(output + ending)).second, output,
                         ending, ": two outputs have this name: give one of them another");
}

void check_no_input(const std::string& path) {
  const std::lock_guard lock(roles().mutex);
  check<OutputError>(!is_input(id_of(path)), path,
                     ": is an input, and is also to be written: give the output another name");
}

OutputClaim::OutputClaim(const std::string& path) : name_(absolute(path)) {
  check_no_input(path);
  const std::lock_guard lock(roles().mutex);
  roles().outputs.insert(name_);
}

OutputClaim::~OutputClaim() {
  const std::lock_guard lock(roles().mutex);
  if (!name_.empty()) roles().outputs.erase(roles().outputs.find(name_));
}

}  // namespace hitsieve
