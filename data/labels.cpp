#include "data/labels.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "engine/file_roles.h"
#include "engine/hdf5_file.h"
#include "engine/shown.h"

namespace hitsieve {
namespace {

/// How the values of a dataset are read.
enum class Coding { classes, boolean };

Coding coding_of(const Hdf5DatasetInfo& info) {
  const std::string name = info.path.substr(info.path.rfind('/') + 1);
  return info.type == "bool" || name == "hit" || name == "hits" ? Coding::boolean : Coding::classes;
}

std::vector<Label> label_dataset(const Hdf5File& file, const std::string& dataset) {
  const Hdf5DatasetInfo info = file.info(dataset);
  const std::string where = file.path() + ": " + dataset;
  check(info.shape.size() == 1, file.path(), ": ", text_of(info), ": want one label a frame (N)");
  check(
      info.type == "bool" || (info.type.find("int") != std::string::npos && info.type != "uint64"),
      file.path(), ": ", text_of(info), ": labels are integers or booleans");
  const bool boolean = coding_of(info) == Coding::boolean;
  std::vector<Label> labels;
  for (const int64_t value : file.read<int64_t>(dataset)) {
    check(value >= 0 && value <= (boolean ? 1 : 2), where, ": frame ", labels.size(), ": label ",
          value, ", want ", boolean ? "0 (miss) or 1 (hit)" : "0 (miss), 1 (maybe) or 2 (hit)");
    labels.push_back(boolean ? (value ? Label::hit : Label::miss) : Label(value));
  }
  return labels;
}

std::string in_file_dataset(const Hdf5File& file) {
  for (const char* place : {"/entry_1/labels", "/hit", "/hits"})
    if (file.has(place)) return place;
  throw Error(text(file.path(), ": no labels in the file (looked at /entry_1/labels, /hit, /hits);",
                   " give a file of labels"));
}

void check_count(const std::string& name, size_t labels, int64_t frames) {
  check(int64_t(labels) == frames, name, ": ", labels, " labels for ", frames, " frames");
}

struct FileLabels {
  std::vector<Label> of;
  std::string source;  // empty: the file cannot be opened (skip_bad)
};

/// The labels in the file of frame i, one for each of the file's frames.
FileLabels file_labels(const FrameSet& frames, int64_t i) {
  int64_t count = 0;
  try {
    count = frames.file_source(frames.address(i).file)->info().frames;
  } catch (const Error&) {
    if (!frames.skips_bad()) throw;
    return {};
  }
  const Hdf5File file = Hdf5File::open(frames.path(i));
  const std::string dataset = in_file_dataset(file);
  std::vector<Label> labels = label_dataset(file, dataset);
  check_count(file.path() + ": " + dataset, labels.size(), count);
  return {std::move(labels), frames.path(i) + ":" + dataset};
}

Labels in_file_labels(const FrameSet& frames) {
  Labels labels;
  std::map<int32_t, FileLabels> known;
  int64_t files = 0;
  for (int64_t i = 0; i < frames.size(); ++i) {
    const FrameAddress& where = frames.address(i);
    auto found = known.find(where.file);
    if (found == known.end()) {
      found = known.emplace(where.file, file_labels(frames, i)).first;
      if (labels.source.empty()) labels.source = found->second.source;
      files += !found->second.source.empty();
    }
    const std::vector<Label>& of = found->second.of;
    const bool there = where.frame >= 0 && size_t(where.frame) < of.size();
    check(there || frames.skips_bad(), frames.name(i), ": the file has ", of.size(), " frames");
    labels.of.push_back(there ? of[size_t(where.frame)] : Label::miss);
  }
  if (files > 1) labels.source += text(" and ", files - 1, " more files");
  return labels;
}

Labels dataset_labels(const std::string& source, size_t colon, const FrameSet& frames) {
  const Hdf5File file = Hdf5File::open(source.substr(0, colon));
  Labels labels{label_dataset(file, source.substr(colon + 1)), source};
  check_count(source, labels.of.size(), frames.size());
  return labels;
}

std::string line_name(const std::string& name, int64_t line) {
  return text(name, ", line ", line, ": ");
}

/// "[17]" to 17; 0 when it is no such thing.
int64_t bracketed(const std::string& word) {
  int64_t number = 0;
  if (word.size() < 3 || word.front() != '[' || word.back() != ']') return 0;
  const auto [end, error] = std::from_chars(&word[1], &word[word.size() - 1], number);
  return error == std::errc() && end == &word[word.size() - 1] ? number : 0;
}

Label parse_word(const std::string& word, const std::string& where) {
  if (word == "HIT") return Label::hit;
  if (word == "MAYBE") return Label::maybe;
  check(word == "MISS", where, "unknown label '", shown(word), "', want HIT, MAYBE or MISS");
  return Label::miss;
}

/// The frames of each name: several where a frame is given more than once.
std::map<std::string, std::vector<int64_t>> frames_by_name(const FrameSet& frames) {
  std::map<std::string, std::vector<int64_t>> named;
  for (int64_t i = 0; i < frames.size(); ++i) {
    std::vector<int64_t>& same = named[frames.name(i)];
    check(same.empty() || frames.address(i).file == frames.address(same[0]).file, frames.name(i),
          ": frames of two datasets of the file, which a list of hits cannot tell apart");
    same.push_back(i);
  }
  return named;
}

/// `path //17` lines: what is named is a hit, the other frames of the set are misses.
Labels hit_list_labels(const std::string& source, std::istream& lines, const FrameSet& frames) {
  const std::map<std::string, std::vector<int64_t>> named = frames_by_name(frames);
  Labels labels{std::vector<Label>(size_t(frames.size()), Label::miss), source};
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string path, event, rest;
    if (!(words >> path)) continue;
    const std::string where = line_name(source, number);
    check(bool(words >> event) && event.rfind("//", 0) == 0 && !(words >> rest), where, "'",
          shown(line), "' is not of the form path //17");
    const auto found = named.find(path + " " + event);
    check(found != named.end(), where, shown(path), " ", shown(event), " is none of the frames");
    for (const int64_t i : found->second) {
      Label& label = labels.of[size_t(i)];
      check(label == Label::miss, where, shown(path), " ", shown(event), " is named twice");
      label = Label::hit;
    }
  }
  return labels;
}

/// What to look at when labels of `file` are given for frames of a file of another name.
std::string other_file(const std::string& file, const std::string& source, const FrameSet& frames) {
  const auto stem = [](const std::string& path) { return std::filesystem::path(path).stem(); };
  for (int32_t i = 0; i < frames.files(); ++i)
    if (const std::string path = frames.file(i).path; stem(path) != stem(file))
      return text(source, ": has the labels of ", shown(file), ", the frames are those of ", path,
                  ": make sure that it is the same run under another name");
  return "";
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  check(bool(in), path, ": no such file of labels, or it cannot be read");
  note_input(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

const char* name_of(Label label) {
  constexpr const char* names[] = {"miss", "maybe", "hit"};
  return names[size_t(label)];
}

std::array<int64_t, 3> Labels::counts() const {
  std::array<int64_t, 3> counts{};
  for (const Label label : of) ++counts[size_t(label)];
  return counts;
}

LabelText parse_label_text(const std::string& content, const std::string& name, int64_t frames) {
  std::istringstream lines(content);
  LabelText out{std::vector<Label>(static_cast<size_t>(frames)), ""};
  std::vector<int64_t> seen(static_cast<size_t>(frames), 0);  // the line of each frame
  int64_t count = 0;
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string file, event, word, rest;
    if (!(words >> file)) continue;
    const std::string where = line_name(name, number);
    check(bool(words >> event >> word) && !(words >> rest) && bracketed(event) > 0, where, "'",
          shown(line), "' is not of the form FILE [1] HIT|MAYBE|MISS");
    if (out.file.empty()) out.file = file;
    check(file == out.file, where, "labels of ", shown(file), " after those of ", shown(out.file),
          "; give a file of labels for one run only");
    const int64_t frame = bracketed(event);
    const Label label = parse_word(word, where);
    check(frame <= frames, where, "frame ", frame, " (1-based), but there are ", frames, " frames");
    int64_t& first = seen[size_t(frame - 1)];
    check(first == 0, where, "frame ", frame, " has a label already, on line ", first);
    first = number;
    out.of[size_t(frame - 1)] = label;
    ++count;
  }
  const auto missing = std::find(seen.begin(), seen.end(), 0);
  check(missing == seen.end(), name, ": ", count, " labels for ", frames, " frames; frame ",
        missing - seen.begin() + 1, " (1-based) has none");
  return out;
}

std::string label_text(const std::vector<Label>& labels, const std::string& frame_file) {
  constexpr const char* words[] = {"MISS", "MAYBE", "HIT"};
  std::string content;
  for (size_t i = 0; i < labels.size(); ++i)
    content += text(frame_file, " [", i + 1, "] ", words[size_t(labels[i])], "\n");
  return content;
}

Labels read_labels(const std::string& source, const FrameSet& frames) {
  if (source.empty()) return in_file_labels(frames);
  if (const size_t colon = source.rfind(":/"); colon != std::string::npos)
    return dataset_labels(source, colon, frames);
  const std::string content = content_of(source);
  if (source.size() > 4 && source.compare(source.size() - 4, 4, ".lst") == 0) {
    std::istringstream lines(content);
    return hit_list_labels(source, lines, frames);
  }
  LabelText labels = parse_label_text(content, source, frames.size());
  return {std::move(labels.of), source, other_file(labels.file, source, frames)};
}

void check_both_classes(const Labels& labels, const std::vector<int64_t>& indices,
                        const std::string& what) {
  int64_t hits = 0;
  for (const int64_t i : indices) hits += is_hit(labels.of.at(size_t(i)));
  const auto count = int64_t(indices.size());
  check(hits > 0 && hits < count, labels.source, ": the ", count, " ", what, " frames are all ",
        hits == 0 ? "misses" : "hits", "; both classes are needed: take more frames, or --seed");
}

}  // namespace hitsieve
