// The sets that the paper's experiments run on: files of CXIDB entry 76, or simulated in their
// likeness; and their frames as the networks take them, prepared once and kept.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "apps/paper.h"
#include "data/frame_set.h"
#include "data/labels.h"
#include "data/prepare.h"
#include "nets/examples.h"

namespace hitsieve {

struct PaperSet {
  std::string name;
  FrameSet frames;
  Labels labels;
  std::string dials;  ///< the file with DIALS' counts; empty without

  int64_t size() const { return frames.size(); }
};

class PaperData {
 public:
  /// Opens what is in the folder of the options, or simulates (and keeps) sets. Error naming what
  /// is missing when there are fewer than two of the sets.
  explicit PaperData(const PaperOptions& options);

  const std::vector<std::string>& names() const { return names_; }  ///< all sets
  /// Those of the paper's tables: LN84, LN83, LO19, as far as they are there; else all.
  std::vector<std::string> main_names() const;
  const PaperSet& set(const std::string& name) const { return sets_.at(name); }
  const std::string& description() const { return description_; }  ///< "simulated", "CXIDB 76"

  /// These frames of a set: vectors, or images for a 2D network. All of them without copies.
  LabelledFrames take(const std::string& name, bool images, const std::vector<int64_t>& indices);
  LabelledFrames all(const std::string& name, bool images);
  /// Gives the memory of the images back.
  void drop_images() { images_.clear(); }

 private:
  void open(const PaperOptions& options);
  void make(const PaperOptions& options);
  const LabelledFrames& prepared(const std::string& name, bool images);

  std::vector<std::string> names_;
  std::map<std::string, PaperSet> sets_;
  std::map<std::string, LabelledFrames> vectors_, images_;
  std::string description_;
};

}  // namespace hitsieve
