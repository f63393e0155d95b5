// The frames that a command was given: files, datasets in files, and lists, in order.
//   run.cxi                 all frames of the file
//   run.h5:/data/images     all frames of that dataset
//   run.lst, run.txt, -     a list (- is standard input): one of the above a line, or one frame as
//                           `path //17` (0-based, CrystFEL's form), or `path tag_1//` where a
//                           geometry has a % in the frames' path; empty lines are skipped. Paths
//                           in a list are relative to the current folder, as in CrystFEL
#pragma once
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "data/frame_source.h"

namespace hitsieve {

struct FrameSetOptions {
  SourceOptions source{};
  std::shared_ptr<const Mask> mask{};  ///< added to every file's own
  std::string mask_name{};
  bool skip_bad = false;  ///< a file that cannot be opened is one bad frame, not the end
  int open_files = 4;     ///< at most so many are kept open
  std::istream* standard_input = nullptr;  ///< for "-"; null is std::cin
};

/// An empty list: nothing is wrong with any file, there is just nothing to do.
struct EmptyList : Error {
  using Error::Error;
};

/// A file that was given, and the dataset in it that was asked for; empty: found by layout.
struct FrameFile {
  std::string path, dataset;
  std::vector<std::string> events;  ///< of its frames, where they are not named "//17"; else empty
  std::vector<std::string> linked;  ///< SourceInfo's, where it has been opened
};

/// Where a frame is. `frame` is -1 for a file that could not be opened (skip_bad).
struct FrameAddress {
  int32_t file = 0;
  int64_t frame = 0;
};

class FrameSet {
 public:
  /// Opens each file once, for its number of frames (not those that a list names frame by frame).
  /// Error: nothing given, a list line that is not understood (numbered).
  /// EmptyList: a list without a frame (named).
  explicit FrameSet(const std::vector<std::string>& inputs, FrameSetOptions options = {});
  ~FrameSet();

  int64_t size() const { return int64_t(addresses_.size()); }
  const FrameAddress& address(int64_t i) const { return addresses_.at(size_t(i)); }
  int32_t files() const { return int32_t(files_.size()); }
  /// By its number, in the order of first appearance.
  FrameFile file(int32_t number) const;
  /// Opens it, unless that has been done. Why it cannot be opened is said when its turn comes.
  void look_at(int32_t number) const;
  /// Frames that cannot be read are to be left out, not the end.
  bool skips_bad() const;
  /// As given, without a dataset.
  const std::string& path(int64_t i) const;
  /// CrystFEL's name of the frame in its file, "//17", or by a geometry "tag_1//".
  std::string event(int64_t i) const;
  /// "run.cxi //17", for messages and hit lists; "run.cxi" for a file that could not be opened.
  std::string name(int64_t i) const;

  /// The open source of frame i, opening it when it is not; from several threads. Throws the reason
  /// when it cannot be opened, or when the file has no such frame.
  std::shared_ptr<const FrameSource> source(int64_t i) const;
  /// The source of a file by its number, in the order of first appearance.
  std::shared_ptr<const FrameSource> file_source(int32_t file) const;

  /// Only these frames, in this order (a split).
  FrameSet subset(const std::vector<int64_t>& indices) const;

 private:
  struct File;
  struct Cache;
  FrameSet() = default;
  void add(const std::string& entry, const std::string& where);
  void add_event(const std::string& file, const std::string& event, const std::string& where);
  int32_t file_number(const std::string& input);
  void add_list(const std::string& name, std::istream& lines);
  std::vector<FrameAddress> addresses_;
  std::vector<std::shared_ptr<File>> files_;
  std::shared_ptr<Cache> cache_;
};

/// Frames of the set that are there before, by their file (whatever its name), dataset and number.
std::vector<int64_t> repeated_frames(const FrameSet& frames);

/// Error unless a list (`path //17` a line) tells the set's frames apart: two datasets of one file,
/// a name that a line cannot hold.
void check_listable(const FrameSet& frames);

}  // namespace hitsieve
