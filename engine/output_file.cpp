#include "engine/output_file.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/check.h"

namespace hitsieve {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

void check_final(const std::string& path, bool overwrite) {
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) return;
  check<OutputError>(!S_ISDIR(there.st_mode), path, ": is a folder, not a file to write");
  check<OutputError>(S_ISREG(there.st_mode), path, ": is not a regular file");
  check<OutputError>(overwrite, path, ": exists; give --overwrite to replace it");
}

void check_temporary(const std::string& path) {
  struct stat there {};
  check<OutputError>(::lstat(path.c_str(), &there) != 0 || S_ISREG(there.st_mode), path,
                     ": is in the way, and no regular file");
}

void check_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  struct stat found {};
  check<OutputError>(::stat(folder.c_str(), &found) == 0, path, ": the folder ", folder,
                     " does not exist");
  check<OutputError>(S_ISDIR(found.st_mode), path, ": ", folder, " is not a folder");
}

/// Whether `path` is still the file that the descriptor stands for.
bool is_at(int descriptor, const std::string& path) {
  struct stat opened {
  }, there{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
         opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

/// After the rename, so that it survives a power cut too. File systems without it are no error.
void sync_folder(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

}  // namespace

OutputFile::OutputFile(std::string path, bool overwrite)
    : path_(std::move(path)), temporary_(path_ + unfinished), claim_(path_), overwrite_(overwrite) {
  check<OutputError>(!path_.empty() && path_.back() != '/', "output '", path_,
                     "': a file name is needed");
  check_final(path_, overwrite_);
  check_folder(path_);
  check_no_input(temporary_);
  check_temporary(temporary_);
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  check<OutputError>(descriptor_ >= 0, temporary_, ": cannot be written: ", system_reason);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    throw OutputError(
        text(temporary_, ": another process, or another output of this one, is writing it"));
  }
  if (!is_at(descriptor_, temporary_)) {  // between open and lock: this would empty its file
    ::close(descriptor_);
    throw OutputError(text(path_, ": another process has just finished writing it"));
  }
  struct stat there {};
  if (!overwrite && ::fstat(descriptor_, &there) == 0 && there.st_size > 0) {
    ::close(descriptor_);
    throw OutputError(text(temporary_,
                           ": is there already, left by a command that was killed, or "
                           "something else: remove it, or give --overwrite to replace it"));
  }
  if (::ftruncate(descriptor_, 0) != 0) {  // what an earlier, killed process left
    const std::string why = system_reason();
    ::close(descriptor_);
    throw OutputError(text(temporary_, ": cannot be written: ", why));
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::unlink(temporary_.c_str());
  ::close(descriptor_);
}

void OutputFile::write(std::string_view content) {
  check<OutputError>(descriptor_ >= 0, path_, ": written to after commit");
  buffer_ += content;
  if (buffer_.size() >= 1 << 16) flush();
}

void OutputFile::flush() {
  for (size_t done = 0; done < buffer_.size();) {
    const ssize_t wrote = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    check<OutputError>(wrote > 0, temporary_, ": cannot be written: ", system_reason);
    done += size_t(wrote);
  }
  buffer_.clear();
}

void OutputFile::commit() {
  check<OutputError>(descriptor_ >= 0, path_, ": committed twice");
  flush();
  check<OutputError>(::fsync(descriptor_) == 0, temporary_, ": cannot be written: ", system_reason);
  check_final(path_, overwrite_);  // somebody may have made it meanwhile
  check<OutputError>(std::rename(temporary_.c_str(), path_.c_str()) == 0, path_,
                     ": cannot be renamed from ", temporary_, ": ", system_reason);
  sync_folder(path_);
  check<OutputError>(::close(std::exchange(descriptor_, -1)) == 0, path_,
                     ": cannot be written: ", system_reason);
}

void write_file(const std::string& path, std::string_view content, bool overwrite) {
  OutputFile out(path, overwrite);
  out.write(content);
  out.commit();
}

}  // namespace hitsieve
