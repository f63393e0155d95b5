#include "engine/input_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "engine/check.h"
#include "engine/file_roles.h"

namespace hitsieve {

void check_readable(const std::string& path, const std::string& what) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    check(errno != ENOENT && errno != ENOTDIR, path, ": no such file");
    throw Error(text(path, ": cannot be opened: ", std::strerror(errno)));
  }
  check(!S_ISDIR(found.st_mode), path, ": is a folder, not ", what);
  check(S_ISREG(found.st_mode), path, ": is not a regular file");
  check(::access(path.c_str(), R_OK) == 0, path, ": no permission to read it");
  check(found.st_size > 0, path, ": is empty, not ", what);
  note_input(path);
}

std::string read_file(const std::string& path, size_t most) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  check(bool(in), path, ": cannot be opened");
  note_input(path);
  std::string bytes(std::min(most, size_t(in.tellg())), '\0');
  in.seekg(0);
  in.read(bytes.data(), std::streamsize(bytes.size()));
  check(bool(in), path, ": cannot be read");
  return bytes;
}

}  // namespace hitsieve
