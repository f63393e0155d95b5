#include "apps/journal.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/fingerprint.h"
#include "apps/progress.h"
#include "engine/file_roles.h"

namespace hitsieve {
namespace {

using Json = nlohmann::ordered_json;
constexpr int format = 2;
constexpr std::array<const char*, 4> state_names = {"open", "miss", "hit", "bad"};

constexpr const char* head_begin = "{\"hitsieve_screening\":";

std::vector<std::string> all_of(const std::vector<std::string>& texts,
                                std::string (*change)(std::string_view)) {
  std::vector<std::string> changed;
  for (const std::string& text : texts) changed.push_back(change(text));
  return changed;
}

std::string head_line(const Screening& of) {
  Json head;
  head["hitsieve_screening"] = format;
  head["run"] = of.run;
  head["own"] = of.own;
  head["part"] = of.part.text();
  head["files"] = Json::array();
  for (const FrameFile& file : of.files)
    head["files"].push_back({escaped(file.path), escaped(file.dataset),
                             all_of(file.events, escaped), all_of(file.linked, escaped)});
  return head.dump() + "\n";
}

Screening read_head(const std::string& line, const std::string& path) {
  Screening out;
  try {
    const Json head = Json::parse(line);
    check(head.at("hitsieve_screening") == format, "its format is ",
          head["hitsieve_screening"].dump(), ", that of this version of hitsieve ", format,
          ": screen again (--overwrite)");
    out.run = head.at("run"), out.own = head.at("own");
    out.part = parse_part(head.at("part"));
    for (const Json& file : head.at("files"))
      out.files.push_back({unescaped(file.at(0).get<std::string>()),
                           unescaped(file.at(1).get<std::string>()), all_of(file.at(2), unescaped),
                           all_of(file.at(3), unescaped)});
    const int64_t frames = out.run.at("number of frames");
    check(frames > 0 && frames <= int64_t(1) << 40, frames, " frames");
    out.first = out.part.first(frames);
    out.records.resize(size_t(out.part.end(frames) - out.first));
  } catch (const std::exception& error) {
    throw Error(text(path, ": is no journal of a screening: ", error.what()));
  }
  return out;
}

template <class T>
bool number(std::string_view field, T& value) {
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  return error == std::errc() && stop == end;
}

FrameState state_named(std::string_view name) {
  for (size_t i = 1; i < state_names.size(); ++i)
    if (name == state_names[i]) return FrameState(i);
  return FrameState::open;
}

std::string seal_of(std::string_view fields) {
  Fingerprint print;
  print.add(fields);
  return print.text();
}

/// Whether the line is a frame that was open.
bool read_frame(std::string_view line, Screening& out) {
  const size_t end = std::min(line.rfind('\t'), line.size());
  if (end == line.size() || line.substr(end + 1) != seal_of(line.substr(0, end))) return false;
  line = line.substr(0, end);
  std::array<std::string_view, 6> fields;
  for (std::string_view& field : fields) {
    const size_t tab = std::min(line.find('\t'), line.size());
    field = line.substr(0, tab);
    line.remove_prefix(std::min(tab + 1, line.size()));
  }
  int64_t frame = -1;
  FrameRecord record;
  record.state = state_named(fields[3]);
  if (!number(fields[0], frame) || !number(fields[1], record.address.file) ||
      !number(fields[2], record.address.frame) || !number(fields[4], record.score))
    return false;
  if (frame < out.first || frame >= out.end() || record.state == FrameState::open ||
      record.address.file < 0 || size_t(record.address.file) >= out.files.size() ||
      out.at(frame).state != FrameState::open)
    return false;
  out.records[size_t(frame - out.first)] = record;
  if (record.state == FrameState::bad) out.reasons[frame] = unescaped(fields[5]);
  return true;
}

int64_t count_open(const Screening& screening) { return int64_t(screening.open().size()); }

}  // namespace

std::string journal_of(const std::string& output) { return output + ".journal"; }

bool journal_exists(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string line;
  if (std::getline(in, line) && !in.eof()) return true;
  check(line.starts_with(head_begin) || std::string(head_begin).starts_with(line), path,
        ": is no journal of a screening, and in its place; move it away");
  return false;
}

Screening read_journal(const std::string& path, int64_t* whole_bytes) {
  std::ifstream in(path, std::ios::binary);
  struct stat found {};
  check(bool(in), path, ::stat(path.c_str(), &found) == 0 ? ": cannot be read" : ": no such file");
  std::string line;
  check(std::getline(in, line) && !in.eof(), path, ": is no journal of a screening");
  Screening out = read_head(line, path);
  int64_t bytes = int64_t(line.size()) + 1;
  for (int64_t at = 2; std::getline(in, line) && !in.eof(); ++at) {
    check(read_frame(line, out), path, ", line ", at, ": is damaged: ", escaped(line));
    bytes += int64_t(line.size()) + 1;
  }
  check(!in.bad(), path, ": cannot be read");
  if (whole_bytes) *whole_bytes = bytes;
  return out;
}

void check_no_journal(const std::string& path) {
  if (!journal_exists(path)) return;
  std::string what = "is in the place of this screening's journal";
  try {
    const Screening there = read_journal(path);
    const int64_t all = int64_t(there.records.size()), open = count_open(there);
    what = open > 0 ? text("a screening was cut off here after ", with_commas(all - open), " of ",
                           with_commas(all), " frames")
                    : "a screening is complete here";
  } catch (const Error& error) {
    spdlog::debug("{}", error.what());
  }
  throw OutputError(text(path, ": ", what, "; --resume goes on with it, --overwrite starts again"));
}

Journal::Journal(std::string path, Screening& fresh, bool resume)
    : path_(std::move(path)), screening_(fresh) {
  resumed_ = resume && journal_exists(path_);
  if (resumed_)
    take_over();
  else
    start();
}

void Journal::start() {
  const OutputClaim is_no_input(path_);
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  check<OutputError>(descriptor_ >= 0, path_, ": cannot be written: ", system_reason);
  try {
    write(head_line(screening_));
  } catch (...) {
    ::unlink(path_.c_str());
    ::close(descriptor_);
    throw;
  }
}

void Journal::take_over() {
  int64_t whole = 0;
  Screening there = read_journal(path_, &whole);
  check_same_process(screening_, "what is asked for now", there, path_);
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  check<OutputError>(descriptor_ >= 0 && ::ftruncate(descriptor_, off_t(whole)) == 0, path_,
                     ": cannot be written: ", system_reason);
  for (int64_t frame = there.first; frame < there.end(); ++frame)
    if (there.at(frame).state != FrameState::open)
      screening_.records[size_t(frame - there.first)] = there.at(frame), ++frames_;
  screening_.reasons = std::move(there.reasons);
  spdlog::info("{}: {} of {} frames are done already", path_, with_commas(frames_),
               with_commas(int64_t(screening_.records.size())));
}

Journal::~Journal() {
  try {
    if (!done_) flush();
  } catch (const Error& error) {
    spdlog::warn("{}", error.what());
  }
  ::close(descriptor_);
  if (done_) return;
  const auto all = int64_t(screening_.records.size());
  if (frames_ == 0)
    ::unlink(path_.c_str());
  else if (frames_ == all)
    spdlog::warn(
        "{}: keeps all {} frames; --resume writes what is missing, `hitsieve merge -o HITS.lst "
        "JOURNAL` writes other outputs, without screening them again",
        path_, with_commas(all));
  else
    spdlog::warn("{}: keeps {} of {} frames; --resume goes on with them", path_,
                 with_commas(frames_), with_commas(all));
}

void Journal::add(int64_t frame, FrameState state, float score, const std::string& reason) {
  check(frame >= screening_.first && frame < screening_.end() &&
            screening_.at(frame).state == FrameState::open,
        path_, ": frame ", frame, " is noted twice, or of another part");
  FrameRecord& record = screening_.records[size_t(frame - screening_.first)];
  record.state = state, record.score = score;
  if (state == FrameState::bad) screening_.reasons[frame] = reason;
  const std::string fields =
      fmt::format("{}\t{}\t{}\t{}\t{}\t{}", frame, record.address.file, record.address.frame,
                  state_names[size_t(state)], score, escaped(reason));
  buffer_ += fields + "\t" + seal_of(fields) + "\n";
  ++frames_;
  if (Clock::now() - flushed_ > std::chrono::milliseconds(100)) flush();
}

void Journal::flush() {
  write(std::exchange(buffer_, ""));
  flushed_ = Clock::now();
}

void Journal::write(const std::string& content) {
  for (size_t done = 0; done < content.size();) {
    const ssize_t wrote = ::write(descriptor_, content.data() + done, content.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    check<OutputError>(wrote > 0, path_, ": cannot be written: ", system_reason);
    done += size_t(wrote);
  }
}

void Journal::remove() {
  done_ = true;
  check<OutputError>(::unlink(path_.c_str()) == 0, path_, ": cannot be removed: ", system_reason);
}

void Journal::keep() {
  flush();
  check<OutputError>(::fsync(descriptor_) == 0, path_, ": cannot be written: ", system_reason);
  done_ = true;
}

}  // namespace hitsieve
