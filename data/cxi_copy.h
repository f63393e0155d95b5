// Chosen frames of files, of whatever layout, in one CXI file:
//   /entry_1/data_1/data        (M, ss, fs), one frame a chunk, in the stored type. Chunks that are
//                               a frame each in the first frame's file are copied as they lie
//                               there, filters and all; frames stored otherwise are shuffled and
//                               deflated
//   /entry_1/data_1/data@trusted_range   (2): what the source trusts, both included
//   /entry_1/data_1/mask        (ss, fs) uint8, 0 = good: all masks joined; (M, ss, fs) when the
//                               frames' masks differ
//   /entry_1/result_1/          see cxi_peaks.h, and what the caller adds
//   the datasets of per_shot.h, under their own names
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/cxi_peaks.h"
#include "data/frame_set.h"
#include "engine/hdf5_file.h"

namespace hitsieve {

/// A frame as it will lie in the file.
struct StoredFrame {
  Bytes bytes;
  uint32_t filter_mask = 0;
};

/// Error, naming `frame`, which is of the one, unless both sources' frames go into one file: of one
/// shape, type and trusted range, as they lie in their files.
void check_copied_alike(const std::string& frame, const SourceInfo& one, const SourceInfo& first);

class CxiCopy {
 public:
  /// `frames` (one at least) is what will be appended, all of it and in its order; it must outlive
  /// the copy. OutputError as OutputFile.
  CxiCopy(const std::string& path, const FrameSet& frames, bool overwrite);
  ~CxiCopy();  ///< without finish() nothing is left behind

  /// Frame i, fetched whole, made ready for append; from several threads. Error, naming the frame:
  /// of another shape or type than the first.
  StoredFrame pack(int64_t i, const EncodedFrame& fetched) const;

  /// The next frame of the set. `bad`: shape.pixels() bytes, nonzero = bad, or null.
  void append(const StoredFrame& stored, const uint8_t* bad, std::vector<CxiPeak> peaks);

  /// Writes masks, peaks and what is known per shot; `add` may add more. Returns what was left out
  /// (per_shot.h). Then gives the file its name.
  template <class Add>
  std::vector<std::string> finish(Add&& add) {
    std::vector<std::string> left_out = write_rest();
    add(file());
    commit();
    return left_out;
  }

 private:
  struct State;
  Hdf5File& file();
  std::vector<std::string> write_rest();
  void commit();
  std::unique_ptr<State> state_;
};

}  // namespace hitsieve
