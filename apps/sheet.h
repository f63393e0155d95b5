// A sheet of frames: a band a class, in it frames side by side, each with its raw pixels, the
// normalised ones, and the RWD vector drawn along the rows it comes from, so that a spot and its
// peak in the vector lie at the same height.
#pragma once
#include <string>
#include <vector>

#include "apps/picture.h"

namespace hitsieve {

struct SheetFrame {
  std::string name;  ///< "run.cxi //17"
  PixelImage raw, normalised;
  std::vector<float> vector;  ///< one value a row of `normalised`
};

struct SheetBand {
  std::string heading, remark;
  Colour colour = ink;
  std::vector<SheetFrame> frames;
};

struct Sheet {
  std::string title, caption;
  std::vector<SheetBand> bands;
};

/// The normalised value that is drawn black; white is 0.
constexpr float normalised_black = 0.5F;

/// Pictures are drawn at half the frame's resolution, three frames a line.
struct SheetSize {
  int width, height;
};
SheetSize size_of(const Sheet& sheet);
void draw(const Sheet& sheet, cairo_t* context);

/// "" for a path that ends in .png or .svg, else what is wrong with it.
std::string sheet_path_problem(const std::string& path);
/// Writes the format that `path` names to `temporary`.
void write_sheet(const Sheet& sheet, const std::string& path, const std::string& temporary);

}  // namespace hitsieve
