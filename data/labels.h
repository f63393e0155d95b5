// Labels of frames: miss (at most 3 Bragg spots), maybe (4 to 9), hit (10 or more). Maybe counts as
// a hit when two classes are wanted.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/frame_set.h"

namespace hitsieve {

enum class Label : uint8_t { miss, maybe, hit };
const char* name_of(Label label);  ///< "miss", "maybe", "hit"
inline bool is_hit(Label label) { return label != Label::miss; }

struct Labels {
  std::vector<Label> of;  ///< one a frame of the set, in its order
  std::string source;     ///< where they come from, for reports and the model file
  std::string note = {};  ///< what a user should look at; empty: nothing

  std::array<int64_t, 3> counts() const;  ///< miss, maybe, hit
};

/// The labels of all frames of the set from `source`:
///   ""               in the frames' own files: /entry_1/labels (0, 1, 2),
///                    else /hit or /hits (0, 1)
///   FILE:/dataset    one value a frame: 0 miss, 1 maybe, 2 hit;
///                    0 and 1 alone when it is boolean or named hit or hits
///   FILE.lst         CrystFEL's list of hits, `path //17` a line: all others are misses
///   any other FILE   text, a line a frame: `r0095_2000.h5 [3] HIT|MAYBE|MISS`, 1-based;
///                    a note when the frames' file has another name, but for folder and ending
///
/// With "", frames of files that cannot be opened, and those that a file does not have, are misses
/// in a set with skip_bad: whoever reads the frames leaves them out.
///
/// Error: fewer or more labels than frames, an unknown word or number, two FILEs in a text, a frame
/// labelled twice or not in the set (all with their line), no labels where they are looked for.
Labels read_labels(const std::string& source, const FrameSet& frames);

struct LabelText {
  std::vector<Label> of;
  std::string file;  ///< that all its lines name
};

/// The text form alone: `frames` labels, each exactly once. `name` is for messages.
LabelText parse_label_text(const std::string& content, const std::string& name, int64_t frames);

/// The fv5080 text form, for write_file.
std::string label_text(const std::vector<Label>& labels, const std::string& frame_file);

/// Error when the labels at `indices` are all of one class (two classes: miss, or maybe and hit);
/// `what` is "training", "validation".
void check_both_classes(const Labels& labels, const std::vector<int64_t>& indices,
                        const std::string& what);

}  // namespace hitsieve
