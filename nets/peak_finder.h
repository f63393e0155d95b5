// The conventional baseline: a spot finder after peakfinder8 (Barty et al., "Cheetah", J. Appl.
// Cryst. 47, 2014), written from the paper and from CrystFEL's manual. Its parameters have
// CrystFEL's names and meanings, so that values can be carried over; where something is defined
// otherwise, it is said below.
//
// 1. Pixels at the same distance from the beam form a ring one pixel wide (wider where a ring would
//    have under 100 pixels). Its mean and deviation are taken again and again without the pixels
//    further than 5 deviations from the mean, so that spots do not raise them.
// 2. Pixels above mean + min_snr deviations of their ring that touch, also by a corner, are a
//    candidate.
// 3. The candidate is judged against the pixels around it. Its intensity is what it has above their
//    mean; the intensity's noise follows from their deviation.
//
// Masked, NaN, infinite and untrusted pixels take no part, as everywhere (raw_frames.h).
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/raw_frames.h"

namespace hitsieve {

/// A place on a frame: rows and columns, 0-based pixel centres.
struct FramePoint {
  double ss, fs;
  bool operator==(const FramePoint&) const = default;
};

struct PeakFinderOptions {
  /// Pixels of a peak are also above this raw value. 0: not used, since detectors' gains differ
  /// 80-fold and min_snr suits all of them. (CrystFEL's default is 800.)
  double threshold = 0;
  /// Of each pixel in its ring, and of the peak in its surroundings. 6 suits all five simulated
  /// sets best (a hit has 4 peaks); a detector with quiet, independent pixels bears 4.25.
  double min_snr = 6;
  int64_t min_pix_count = 2;    ///< a peak has at least as many pixels (CrystFEL: more) ...
  int64_t max_pix_count = 200;  ///< ... and at most as many (CrystFEL: fewer)
  int64_t local_bg_radius = 3;  ///< width of the surroundings, pixels
  double min_res = 0;           ///< a peak is at least as far from the beam's centre, pixels ...
  double max_res = 1200;        ///< ... and at most as far
  std::optional<FramePoint> centre{};  ///< of the beam; default: the middle of the frame
};

struct Peak {
  FramePoint position;  ///< centre of mass of what is above the surroundings
  int64_t pixels;
  double intensity;  ///< sum over the pixels, less the surroundings' mean, in raw units
  double snr;        ///< intensity over its noise; infinite where the surroundings are constant
};

/// Finds peaks in one frame after another; keeps its memory between them. Each thread has its own.
class PeakFinder {
 public:
  /// Error: a parameter that is negative, NaN or infinite (max_res may be infinite), maxima below
  /// minima, a min_pix_count or local_bg_radius of 0.
  explicit PeakFinder(const PeakFinderOptions& options = {});

  /// One frame of any pixel type -> its peaks, in the order of their first pixels, by rows. Pixels
  /// count as f32 (an i32 beyond 2^24 is rounded). A frame without good pixels, and one that is
  /// constant, has none. Where fewer than 8 pixels around a candidate are good, nothing can be said
  /// about it, and it is no peak.
  std::vector<Peak> find(const RawFrames& frame);

  const PeakFinderOptions& options() const { return options_; }

 private:
  /// What the surroundings of a candidate are like.
  struct Background {
    int64_t count;
    double mean, deviation;
  };
  struct Candidate {
    int64_t first_row, last_row, first_column, last_column;  // of its pixels, ends included
  };

  void lay_rings(int64_t H, int64_t W);
  void mark_pixels();
  Candidate take_candidate(int32_t seed);
  Background background(const Candidate& candidate) const;
  std::optional<Peak> judge(const Candidate& candidate) const;

  PeakFinderOptions options_;
  int64_t H_ = 0, W_ = 0;  // that the rings are laid for
  FramePoint centre_{0, 0};
  std::vector<int32_t> order_;   // the pixels, ring after ring
  std::vector<int32_t> starts_;  // of the rings in order_, and its end
  std::vector<float> x_, ring_;  // pixel values, NaN where invalid: by rows; of one ring
  std::vector<uint8_t> marks_;   // of pixels: 0, above its ring's threshold, or that and taken
  std::vector<int32_t> pixels_;  // of the candidate
};

}  // namespace hitsieve
