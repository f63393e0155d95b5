#include "apps/screening.h"

#include <charconv>

#include <fmt/format.h>
#include <sys/stat.h>

#include "apps/fingerprint.h"
#include "engine/checkpoint.h"

namespace hitsieve {
namespace {

using Json = nlohmann::ordered_json;

/// The finishing step of splitmix64: every bit of x reaches every bit of the result.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

Json to_json(const PeakFinderOptions& peaks) {
  return {{"threshold", peaks.threshold},
          {"min-snr", peaks.min_snr},
          {"min-pix-count", peaks.min_pix_count},
          {"max-pix-count", peaks.max_pix_count},
          {"local-bg-radius", peaks.local_bg_radius},
          {"min-res", peaks.min_res},
          {"max-res", fmt::format("{}", peaks.max_res)}};  // JSON has no infinity
}

/// The file of FILE or FILE:/dataset.
std::string file_of(const std::string& source) {
  struct stat found {};
  if (::stat(source.c_str(), &found) == 0) return source;
  return source.substr(0, source.rfind(":/"));
}

std::string frame_list(const FrameSet& frames, const std::vector<FrameFile>& files) {
  Fingerprint print;
  for (const FrameFile& file : files) print.add(file.path), print.add(file.dataset);
  for (int64_t i = 0; i < frames.size(); ++i)
    print.add(frames.address(i).file), print.add(frames.address(i).frame);
  return print.text();
}

/// Of what is known of the files from outside, of those that they lead to too; one that is not
/// there counts as well.
std::string file_state(const std::vector<FrameFile>& files, int64_t (*of)(const struct stat&)) {
  Fingerprint print;
  const auto add = [&](const std::string& path) {
    struct stat found {};
    print.add(::stat(path.c_str(), &found) == 0 ? of(found) : -1);
  };
  for (const FrameFile& file : files) {
    add(file.path);
    for (const std::string& linked : file.linked) print.add(linked), add(linked);
  }
  return print.text();
}

constexpr int32_t most_looked_at = 100;  // files, for what they link to
constexpr const char* files_size = "size of the files";
constexpr const char* files_time = "time of change of the files";

std::string size_of_files(const std::vector<FrameFile>& files) {
  return file_state(files, [](const struct stat& found) { return int64_t(found.st_size); });
}

std::string time_of_files(const std::vector<FrameFile>& files) {
  return file_state(files, [](const struct stat& found) {
    return int64_t(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec;
  });
}

Json describe(const FrameSet& frames, const std::vector<FrameFile>& files,
              const InputOptions& input) {
  Json run;
  for (const std::string& path : input.paths) run["input"].push_back(escaped(path));
  run["dataset"] = escaped(input.dataset);
  run["geometry"] = escaped(input.geometry);
  run["content of the geometry"] = input.geometry.empty() ? "" : file_fingerprint(input.geometry);
  run["mask"] = escaped(input.mask);
  run["content of the mask"] = input.mask.empty() ? "" : file_fingerprint(file_of(input.mask));
  run["mask polarity"] = input.polarity;
  run["ignore file mask"] = input.ignore_file_mask;
  run["trusted"] = input.trusted;
  run["number of frames"] = frames.size();
  run["list of frames"] = frame_list(frames, files);
  run[files_size] = size_of_files(files);
  return run;
}

void check_same(const Json& one, const std::string& a, const Json& other, const std::string& b) {
  for (const auto& [name, value] : one.items()) {
    const bool same = other.contains(name) && other[name] == value;
    check(same || (name != files_size && name != files_time), b, ": ", name,
          " that are given, or linked, is another than for ", a,
          ": the frames have changed; screen all again (--overwrite)");
    check(same, b, ": its ", name, " is ", other.contains(name) ? other[name].dump() : "not known",
          ", that of ", a, " is ", value.dump());
  }
}

}  // namespace

Part parse_part(const std::string& text) {
  Part part;
  const char *begin = text.data(), *end = begin + text.size();
  const auto number = std::from_chars(begin, end, part.number);
  const bool slash = number.ec == std::errc() && number.ptr != end && *number.ptr == '/';
  const auto of = std::from_chars(slash ? number.ptr + 1 : end, end, part.of);
  check(slash && of.ec == std::errc() && of.ptr == end && 1 <= part.number &&
            part.number <= part.of && part.of <= 1'000'000,
        "'", text, "' is no part: expected K/N, K from 1 to N, e.g. 3/8");
  return part;
}

void ScreenCounts::add(const FrameRecord& record) {
  processed += record.state == FrameState::hit || record.state == FrameState::miss;
  hits += record.state == FrameState::hit;
  bad += record.state == FrameState::bad;
}

std::vector<int64_t> Screening::open() const {
  std::vector<int64_t> frames;
  for (int64_t frame = first; frame < end(); ++frame)
    if (at(frame).state == FrameState::open) frames.push_back(frame);
  return frames;
}

std::string Screening::name(int64_t frame) const {
  const FrameAddress& address = at(frame).address;
  const std::string& path = files.at(size_t(address.file)).path;
  return address.frame < 0 ? path : path + " " + event(frame);
}

std::string Screening::event(int64_t frame) const {
  const FrameAddress& address = at(frame).address;
  const std::vector<std::string>& events = files.at(size_t(address.file)).events;
  return events.empty() ? event_name(address.frame) : events.at(size_t(address.frame));
}

bool keeps_miss(int64_t frame, int64_t one_in) {
  return one_in > 0 && mix(uint64_t(frame) + 0x9E3779B97F4A7C15ull) % uint64_t(one_in) == 0;
}

bool Screening::is_kept_miss(int64_t frame) const {
  return at(frame).state == FrameState::miss && keeps_miss(frame, run["misses"]);
}

ScreenCounts Screening::counts() const {
  ScreenCounts counts;
  for (const FrameRecord& record : records) counts.add(record);
  return counts;
}

Screening new_screening(const FrameSet& frames, const InputOptions& input, const Decider& decider,
                        const DeciderOptions& deciding, int64_t misses, Part part) {
  Screening out;
  for (int32_t file = 0; file < frames.files(); ++file) {
    if (file < most_looked_at) frames.look_at(file);  // of a list of frames they are not open yet
    out.files.push_back(frames.file(file));
  }
  out.run["version"] = version();
  out.run["model"] = escaped(decider.name());
  out.run["content of the model"] = decider.model() ? file_fingerprint(deciding.model) : "";
  out.run["threshold"] = decider.threshold();
  out.run["device"] = deciding.device;         // scores differ in their last digits
  out.run["arithmetic"] = deciding.precision;  // and by more
  out.run["spot finder"] = to_json(deciding.peaks);
  out.run.update(describe(frames, out.files, input));
  out.run["misses"] = misses;
  out.own[files_time] = time_of_files(out.files);
  out.part = part;
  out.first = part.first(frames.size());
  out.records.resize(size_t(part.end(frames.size()) - out.first));
  for (int64_t i = out.first; i < out.end(); ++i)
    out.records[size_t(i - out.first)].address = frames.address(i);
  return out;
}

InputOptions input_of(const Screening& screening) {
  const Json& run = screening.run;
  InputOptions input;
  input.dataset = unescaped(run["dataset"].get<std::string>());
  input.geometry = unescaped(run["geometry"].get<std::string>());
  input.mask = unescaped(run["mask"].get<std::string>());
  input.polarity = run["mask polarity"];
  input.ignore_file_mask = run["ignore file mask"];
  input.trusted = run["trusted"];
  for (const auto& path : run["input"]) input.paths.push_back(unescaped(path.get<std::string>()));
  return input;
}

PeakFinderOptions peaks_of(const Screening& screening) {
  const Json& of = screening.run["spot finder"];
  PeakFinderOptions peaks;
  peaks.threshold = of["threshold"], peaks.min_snr = of["min-snr"];
  peaks.min_pix_count = of["min-pix-count"], peaks.max_pix_count = of["max-pix-count"];
  peaks.local_bg_radius = of["local-bg-radius"];
  peaks.min_res = of["min-res"], peaks.max_res = std::stod(of["max-res"].get<std::string>());
  return peaks;
}

bool same_files(const Screening& one, const Screening& other) {
  return one.own.value(files_time, "") == other.own.value(files_time, "");
}

void check_unchanged(const Screening& screening, const std::string& name) {
  check(
      screening.run.value(files_size, "") == size_of_files(screening.files) &&
          screening.own.value(files_time, "") == time_of_files(screening.files),
      name, ": its frames' files, ", screening.files.at(0).path,
      screening.files.size() > 1 ? " and others" : "",
      ", are not there as they were when they were screened (size, time of change), and would be ",
      "read again for --write-cxi and --write-peaks: leave these out, or screen again");
}

std::vector<std::string> inputs_of(const Screening& screening) {
  const InputOptions input = input_of(screening);
  std::vector<std::string> paths = {unescaped(screening.run.at("model").get<std::string>()),
                                    input.geometry, input.mask, file_of(input.mask)};
  for (const std::string& path : input.paths) paths.push_back(path), paths.push_back(file_of(path));
  for (const FrameFile& file : screening.files) {
    paths.push_back(file.path);
    paths.insert(paths.end(), file.linked.begin(), file.linked.end());
  }
  return paths;
}

void check_same_run(const Screening& one, const std::string& a, const Screening& other,
                    const std::string& b) {
  check_same(one.run, a, other.run, b);
}

void check_same_process(const Screening& one, const std::string& a, const Screening& other,
                        const std::string& b) {
  check_same_run(one, a, other, b);
  check(one.part == other.part, b, ": is part ", other.part.text(), ", ", a, " is ",
        one.part.text());
  check_same(one.own, a, other.own, b);
}

}  // namespace hitsieve
