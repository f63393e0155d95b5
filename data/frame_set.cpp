#include "data/frame_set.h"

#include <algorithm>
#include <charconv>
#include <climits>
#include <fstream>
#include <iostream>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include <sys/stat.h>

#include "engine/file_roles.h"
#include "engine/shown.h"

namespace hitsieve {

struct FrameSet::File {
  std::string path, dataset;
  std::string error;                // why it could not be opened (skip_bad)
  std::vector<std::string> events;  // SourceInfo's
};

/// The sources that are open, the last used in front.
struct FrameSet::Cache {
  FrameSetOptions options;
  std::mutex mutex;
  std::list<std::pair<int32_t, std::shared_ptr<const FrameSource>>> open;
  std::map<std::pair<std::string, std::string>, int32_t> known;  // path and dataset to file
  std::map<int32_t, std::vector<std::string>> linked;            // SourceInfo's, of those opened

  std::shared_ptr<const FrameSource> get(int32_t number, const File& file) {
    const std::lock_guard lock(mutex);
    const auto found = std::find_if(open.begin(), open.end(),
                                    [&](const auto& entry) { return entry.first == number; });
    if (found != open.end()) {
      open.splice(open.begin(), open, found);
      return open.front().second;
    }
    check(file.error.empty(), file.error);
    SourceOptions how = options.source;
    if (!file.dataset.empty()) how.dataset = file.dataset;
    std::unique_ptr<FrameSource> source = FrameSource::open(file.path, how);
    if (options.mask) source->add_mask(*options.mask, options.mask_name);
    linked[number] = source->info().linked;
    open.emplace_front(number, std::move(source));
    while (open.size() > size_t(std::max(1, options.open_files))) open.pop_back();
    return open.front().second;
  }

  /// None where it has not been opened.
  std::optional<std::vector<std::string>> linked_of(int32_t number) {
    const std::lock_guard lock(mutex);
    const auto found = linked.find(number);
    return found == linked.end() ? std::nullopt : std::optional(found->second);
  }
};

namespace {

constexpr int64_t most_frames = 100'000'000;  // some hundred bytes are kept for each

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

bool is_list(const std::string& input) {
  return input == "-" || ends_with(input, ".lst") || ends_with(input, ".txt");
}

bool exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0;
}

std::string trimmed(const std::string& line) {
  const char* blanks = " \t\r\n";
  const size_t begin = line.find_first_not_of(blanks);
  return begin == std::string::npos ? ""
                                    : line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
}

/// Whether a line can be a path and an event, and no other kind of file was given as a list.
bool is_words(const std::string& line) {
  return line.size() <= PATH_MAX && std::none_of(line.begin(), line.end(), [](unsigned char c) {
           return (c < ' ' && c != '\t') || c == '\x7f';
         });
}

}  // namespace

FrameSet::FrameSet(const std::vector<std::string>& inputs, FrameSetOptions options)
    : cache_(std::make_shared<Cache>()) {
  cache_->options = std::move(options);
  check(!inputs.empty(), "no input: give files, lists of files (.lst, .txt), or -");
  for (const std::string& input : inputs) {
    if (!is_list(input)) {
      add(input, "");
    } else if (input == "-") {
      std::istream* in = cache_->options.standard_input;
      add_list("standard input", in ? *in : std::cin);
    } else {
      std::ifstream in(input);
      check(bool(in), input, exists(input) ? ": cannot be read" : ": no such file");
      note_input(input);
      add_list(input, in);
    }
  }
}

FrameSet::~FrameSet() = default;

void FrameSet::add_list(const std::string& name, std::istream& lines) {
  const size_t before = addresses_.size();
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    const std::string entry = trimmed(line), where = text(name, ", line ", number, ": ");
    check(is_words(entry), where, "'", shown(entry), "' is no path: this is no list of files");
    if (!entry.empty()) add(entry, where);
  }
  check(!lines.bad(), name, ": cannot be read");
  check<EmptyList>(addresses_.size() > before, name, ": the list is empty");
}

int32_t FrameSet::file_number(const std::string& input) {
  const size_t colon = exists(input) ? std::string::npos : input.rfind(":/");
  const std::string path = input.substr(0, colon);
  const std::string dataset = colon == std::string::npos ? "" : input.substr(colon + 1);
  const auto [entry, added] = cache_->known.try_emplace({path, dataset}, int32_t(files_.size()));
  if (added) files_.push_back(std::make_shared<File>(File{path, dataset, "", {}}));
  return entry->second;
}

/// A frame by its event's name, which only the file can tell.
void FrameSet::add_event(const std::string& file, const std::string& event,
                         const std::string& where) {
  const int32_t number = file_number(file);
  std::shared_ptr<const FrameSource> source;
  try {
    source = cache_->get(number, *files_[size_t(number)]);
  } catch (const Error& error) {
    throw Error(where + error.what());
  }
  const SourceInfo& info = source->info();
  const auto found = std::find(info.events.begin(), info.events.end(), event);
  check(found != info.events.end(), where, file, ": has no event '", shown(event), "'");
  files_[size_t(number)]->events = info.events;
  addresses_.push_back({number, found - info.events.begin()});
}

/// A file, or in a list (`where` says the line) also a frame of one.
void FrameSet::add(const std::string& entry, const std::string& where) {
  const size_t blank = where.empty() ? std::string::npos : entry.rfind(' ');
  const Geometry* geometry = cache_->options.source.geometry.get();
  if (blank != std::string::npos && geometry &&
      geometry->panels[0].data.find('%') != std::string::npos &&
      entry.find("//", blank) != std::string::npos)
    return add_event(trimmed(entry.substr(0, blank)), entry.substr(blank + 1), where);
  const size_t slashes = where.empty() ? std::string::npos : entry.rfind(" //");
  if (slashes != std::string::npos) {
    const char *begin = entry.data() + slashes + 3, *end = entry.data() + entry.size();
    int64_t frame = -1;
    const auto [stop, error] = std::from_chars(begin, end, frame);
    check(error == std::errc() && stop == end && frame >= 0, where, "event '",
          shown(entry.substr(slashes + 1)), "' is not of the form //17");
    addresses_.push_back({file_number(trimmed(entry.substr(0, slashes))), frame});
    return;
  }
  check(where.empty() || !is_list(entry), where, entry, " is a list in a list");
  const int32_t number = file_number(entry);
  File& file = *files_[size_t(number)];
  try {
    const std::shared_ptr<const FrameSource> source = cache_->get(number, file);
    const SourceInfo& info = source->info();
    const int64_t frames = info.frames;
    check(frames <= most_frames - size(), entry, ": has ", frames,
          " frames, and with them there are more than ", most_frames, ": give fewer at a time");
    file.events = info.events;
    for (int64_t frame = 0; frame < frames; ++frame) addresses_.push_back({number, frame});
  } catch (const Error& error) {
    if (!cache_->options.skip_bad) throw Error(where + error.what());
    file.error = error.what();
    addresses_.push_back({number, -1});
  }
}

FrameFile FrameSet::file(int32_t number) const {
  const File& file = *files_.at(size_t(number));
  return {file.path, file.dataset, file.events,
          cache_->linked_of(number).value_or(std::vector<std::string>())};
}

void FrameSet::look_at(int32_t number) const {
  try {
    if (!cache_->linked_of(number)) cache_->get(number, *files_.at(size_t(number)));
  } catch (const Error&) {  // said when its turn comes
  }
}

bool FrameSet::skips_bad() const { return cache_->options.skip_bad; }

const std::string& FrameSet::path(int64_t i) const { return files_[size_t(address(i).file)]->path; }

std::string FrameSet::event(int64_t i) const {
  const FrameAddress& where = address(i);
  const std::vector<std::string>& events = files_[size_t(where.file)]->events;
  return events.empty() ? event_name(where.frame) : events.at(size_t(where.frame));
}

std::string FrameSet::name(int64_t i) const {
  return address(i).frame < 0 ? path(i) : path(i) + " " + event(i);
}

std::shared_ptr<const FrameSource> FrameSet::source(int64_t i) const {
  const FrameAddress& where = address(i);
  std::shared_ptr<const FrameSource> found = file_source(where.file);
  check(where.frame < found->info().frames, name(i), ": the file has ", found->info().frames,
        " frames");
  return found;
}

std::shared_ptr<const FrameSource> FrameSet::file_source(int32_t file) const {
  return cache_->get(file, *files_.at(size_t(file)));
}

std::vector<int64_t> repeated_frames(const FrameSet& frames) {
  std::vector<int32_t> same;  // of each file, the first that is the same
  std::map<std::tuple<uint64_t, uint64_t, std::string>, int32_t> first;
  for (int32_t i = 0; i < frames.files(); ++i) {
    const FrameFile file = frames.file(i);
    struct stat found {};
    const bool there = ::stat(file.path.c_str(), &found) == 0;
    const auto key = std::tuple(uint64_t(found.st_dev), uint64_t(found.st_ino), file.dataset);
    same.push_back(there ? first.try_emplace(key, i).first->second : i);
  }
  std::vector<std::tuple<int32_t, int64_t, int64_t>> all;  // file, frame in it, index
  for (int64_t i = 0; i < frames.size(); ++i)
    all.emplace_back(same[size_t(frames.address(i).file)], frames.address(i).frame, i);
  std::sort(all.begin(), all.end());
  std::vector<int64_t> repeated;
  for (size_t k = 1; k < all.size(); ++k)
    if (const auto& [file, frame, i] = all[k];
        file == std::get<0>(all[k - 1]) && frame == std::get<1>(all[k - 1]))
      repeated.push_back(i);
  std::sort(repeated.begin(), repeated.end());
  return repeated;
}

void check_listable(const FrameSet& frames) {
  std::map<std::string, std::string> datasets;
  for (int32_t i = 0; i < frames.files(); ++i) {
    const auto [path, dataset, events, linked] = frames.file(i);
    check(
        trimmed(path) == path && is_words(path), "'", shown(path),
        "': a list of frames cannot hold this name, which has a blank at an end, or a line's end:",
        " give the file another one");
    for (const std::string& event : events)
      check(std::all_of(event.begin(), event.end(), [](uint8_t c) { return c > ' ' && c != 127; }),
            path, ": event '", shown(event), "': a list of frames cannot hold this name");
    const auto& there = datasets.try_emplace(path, dataset).first->second;
    const auto named = [](const std::string& at) { return at.empty() ? "the usual one" : at; };
    check(there == dataset, path, ": frames of two datasets of the file, ", named(there), " and ",
          named(dataset), ", which a list cannot tell apart: take one at a time");
  }
}

FrameSet FrameSet::subset(const std::vector<int64_t>& indices) const {
  FrameSet part;
  part.files_ = files_, part.cache_ = cache_;
  for (int64_t i : indices) part.addresses_.push_back(address(i));
  return part;
}

}  // namespace hitsieve
