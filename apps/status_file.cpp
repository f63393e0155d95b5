#include "apps/status_file.h"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <utility>

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/check.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

constexpr const char* head = "# hitsieve status";

bool replaceable(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return true;
  std::string line;
  std::ifstream in(path);
  return S_ISREG(found.st_mode) && std::getline(in, line) && line == head;
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&time, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S%z", &parts);
  return text;
}

std::string host_and_process() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return text(name, ", process ", ::getpid());
}

std::string elapsed(double seconds) {
  const auto whole = int64_t(seconds);
  return fmt::format("{}hr {}min {}sec", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

StatusFile::StatusFile(std::string path, bool overwrite) : path_(std::move(path)) {
  if (path_.empty()) return;
  check<OutputError>(overwrite || replaceable(path_), path_,
                     ": exists and is no status file; give --overwrite to replace it");
  const OutputFile can_be_written(path_, overwrite || ::access(path_.c_str(), F_OK) == 0);
  claim_.emplace(path_);
}

StatusFile::~StatusFile() {
  if (finished_ || !begun_) return;
  try {
    stage("stopped");
  } catch (const Error& error) {
    spdlog::warn("{}", error.what());
  }
}

void StatusFile::start(const Screening& screening) {
  part_ = screening.part.text();
  counts_ = screening.counts();
  all_ = int64_t(screening.records.size()), before_ = counts_.processed + counts_.bad;
  start_ = Clock::now();
  stage("screening");
}

void StatusFile::add(const FrameRecord& record) {
  counts_.add(record);
  if (Clock::now() - written_ > std::chrono::seconds(1)) write();
}

void StatusFile::stage(const std::string& name) {
  stage_ = name;
  write();
}

void StatusFile::finish(const StepTimes& times) {
  times_ = in_lines(times);
  stage("finished");
  finished_ = true;
}

void StatusFile::write() {
  if (path_.empty()) return;
  written_ = Clock::now();
  const double seconds = std::chrono::duration<double>(written_ - start_).count();
  const int64_t done = counts_.processed + counts_.bad;
  std::string content = fmt::format("{}\nUpdate time: {}\nElapsed time: {}\nStatus: {}\n", head,
                                    now(), elapsed(seconds), stage_);
  content += fmt::format(
      "Part: {}\nFrames in all: {}\nFrames processed: {}\nBad frames: {}\nNumber of hits: {}\n"
      "Hit rate: {:.2f}%\nFrames per second: {:.1f}\nRunning on: {}\n",
      part_, all_, counts_.processed, counts_.bad, counts_.hits, 100 * counts_.hit_rate(),
      double(done - before_) / std::max(seconds, 1e-3), host_and_process());
  content += times_;
  struct stat there {};
  const bool others = written_file_ != 0 && ::stat(path_.c_str(), &there) == 0 &&
                      uint64_t(there.st_ino) != written_file_;
  if (others && !shared_)
    spdlog::warn("{}: something else writes it too: give each process a status file of its own",
                 path_);
  shared_ = shared_ || others;
  const std::string temporary = path_ + unfinished;
  std::ofstream out(temporary);
  out << content;
  out.close();
  const bool known = ::stat(temporary.c_str(), &there) == 0;
  const bool written = bool(out) && std::rename(temporary.c_str(), path_.c_str()) == 0;
  written_file_ = written && known ? uint64_t(there.st_ino) : 0;
  const std::string why = written ? "" : system_reason();
  if (!written) std::remove(temporary.c_str());
  check<OutputError>(written || begun_, path_, ": cannot be written: ", why);
  if (!written && !failing_)  // the screening is worth more than the news of it
    spdlog::warn("{}: cannot be written for now: {}", path_, why);
  failing_ = !written, begun_ = true;
}

}  // namespace hitsieve
