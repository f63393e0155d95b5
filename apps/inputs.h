// The options by which every command takes frames, as CrystFEL names them, and what is said about
// those frames before work starts.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/frame_set.h"
#include "data/labels.h"

namespace CLI {
class App;
}

namespace hitsieve {

struct InputOptions {
  std::vector<std::string> paths;
  std::string dataset;   ///< empty: found by layout
  std::string geometry;  ///< a CrystFEL .geom; empty: none
  std::string mask;      ///< FILE or FILE:/dataset; empty: none but the file's own
  std::string polarity;  ///< "zero-good", "one-good", or empty: as usual for the kind of file
  std::string trusted;   ///< "MIN,MAX", or empty: as the file says
  bool ignore_file_mask = false;
  bool skip_bad = false;
};

/// No output replaces FILE of FILE or FILE:/dataset, from when the command line has been read.
void note_source(const std::string& source);

void add_input_options(CLI::App& command, InputOptions& options);
/// For the commands that can go on without a frame.
void add_skip_bad_option(CLI::App& command, InputOptions& options);

/// "-g"
void add_geometry_option(CLI::App& command, std::string& geometry);
/// The geometry in that file; null for "".
std::shared_ptr<const Geometry> geometry_of(const std::string& file);

/// Opens them and says what they are: frames, layout, which mask removed how much, with which
/// polarity. NothingProcessed for an empty list.
FrameSet open_frames(const InputOptions& options);

/// The frames of a list, opened with the same options, without a word.
FrameSet open_list(const InputOptions& options, const std::string& list);

/// Without its bad pixels masked every method here fails, so say so when frames look it.
void warn_if_unmasked(const FrameSet& frames);

/// The mask of these frames' files, of the first that can be opened: where it is, its polarity, how
/// much it masks; "none".
std::string mask_in_words(const FrameSet& frames);

/// When only one of the two is masked: the frames that a model was trained on, and these.
void warn_if_masked_otherwise(const FrameSet& frames, const std::string& model,
                              const std::string& mask_of_model);

/// "--labels".
void add_labels_option(CLI::App& command, std::string& labels);
/// Reads them (data/labels.h), and says what there is to say of them.
Labels labels_of(const FrameSet& frames, const std::string& source);

/// "2.31%" of a fraction, with as many digits as it takes to tell it from 0.
std::string percent(double fraction);

}  // namespace hitsieve
