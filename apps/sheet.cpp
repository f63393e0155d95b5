#include "apps/sheet.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <cairo/cairo-svg.h>
#include <spdlog/fmt/fmt.h>

#include "apps/interrupt.h"
#include "engine/check.h"

namespace hitsieve {
namespace {

constexpr int frames_a_line = 3, pool = 2;
constexpr int margin = 48, header = 118, band_header = 62, line_header = 46, footer = 128;
constexpr int gap = 10, cell_gap = 44, vector_width = 130, line_gap = 22, band_gap = 14;

int picture_side(const Sheet& sheet) {
  int side = 0;
  for (const SheetBand& band : sheet.bands)
    for (const SheetFrame& frame : band.frames) side = std::max(side, frame.raw.height / pool);
  return side;
}

int lines(const SheetBand& band) {
  return int((band.frames.size() + frames_a_line - 1) / frames_a_line);
}

int columns(const Sheet& sheet) {
  int found = 1;
  for (const SheetBand& band : sheet.bands)
    found = std::max(found, std::min(int(band.frames.size()), frames_a_line));
  return found;
}

int cell_width(int side) { return 2 * side + 2 * gap + vector_width; }

float largest_value(const Sheet& sheet) {
  float top = 0;
  for (const SheetBand& band : sheet.bands)
    for (const SheetFrame& frame : band.frames)
      for (float value : frame.vector) top = std::max(top, value);
  return top > 0 ? top : 1;
}

void set_colour(cairo_t* context, Colour colour, double opacity = 1) {
  cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, opacity);
}

void outline(cairo_t* context, double x, double y, double width, double height) {
  set_colour(context, faint_ink, 0.6);
  cairo_set_line_width(context, 1);
  cairo_rectangle(context, x - 0.5, y - 0.5, width + 1, height + 1);
  cairo_stroke(context);
}

void draw_picture(cairo_t* context, const PixelImage& image, const GreyScale& scale, double x,
                  double y, double side) {
  const CairoSurface picture = draw(image, scale, pool);
  const double width = cairo_image_surface_get_width(picture.get());
  const double height = cairo_image_surface_get_height(picture.get());
  const double left = x + std::floor((side - width) / 2), top = y + std::floor((side - height) / 2);
  cairo_set_source_surface(context, picture.get(), left, top);
  cairo_rectangle(context, left, top, width, height);
  cairo_fill(context);
  outline(context, left, top, width, height);
}

/// Row i of the normalised frame is at the height of value i: both start `border` rows inside.
void draw_vector(cairo_t* context, const SheetFrame& frame, Colour colour, float top_value,
                 double x, double y, double side) {
  const double border = (double(frame.raw.height) - double(frame.vector.size())) / 2;
  const auto row_y = [&](size_t row) { return y + (border + double(row) + 0.5) / pool; };
  const auto value_x = [&](float value) { return x + vector_width * double(value / top_value); };
  cairo_move_to(context, x, row_y(0));
  for (size_t row = 0; row < frame.vector.size(); ++row)
    cairo_line_to(context, value_x(frame.vector[row]), row_y(row));
  cairo_line_to(context, x, row_y(frame.vector.size() - 1));
  cairo_close_path(context);
  set_colour(context, colour, 0.22);
  cairo_fill_preserve(context);
  set_colour(context, colour);
  cairo_set_line_width(context, 1.1);
  cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke(context);
  set_colour(context, faint_ink, 0.6);
  cairo_set_line_width(context, 1);
  cairo_move_to(context, x - 0.5, y);
  cairo_line_to(context, x - 0.5, y + side);
  cairo_stroke(context);
}

void draw_frame(cairo_t* context, const SheetFrame& frame, Colour colour, float top_value, double x,
                double y, int side) {
  draw_text(context, frame.name, x, y + 17, 19, ink, true);
  const double second = x + side + gap, third = second + side + gap;
  draw_text(context, "raw", x, y + 39, 16, faint_ink);
  draw_text(context, "normalised", second, y + 39, 16, faint_ink);
  draw_text(context, "row-wise range", third, y + 39, 16, faint_ink);
  const double top = y + line_header;
  draw_picture(context, frame.raw, scale_of(frame.raw), x, top, side);
  draw_picture(context, frame.normalised, {0, normalised_black, false}, second, top, side);
  draw_vector(context, frame, colour, top_value, third, top, side);
}

void draw_band_heading(cairo_t* context, const SheetBand& band, double y, double right) {
  set_colour(context, band.colour);
  cairo_rectangle(context, margin, y, right - margin, 3);
  cairo_fill(context);
  draw_text(context, band.heading, margin, y + 38, 28, band.colour, true);
  draw_text(context, band.remark, right, y + 36, 20, faint_ink, false, Align::right);
}

/// Broken into lines between words, from the bottom of the last band on.
void draw_caption(cairo_t* context, const std::string& caption, const SheetSize& size) {
  constexpr double font = 18, line_height = 27;
  std::istringstream words(caption);
  std::string line;
  double y = size.height - footer + 22;
  for (std::string word; words >> word;) {
    const std::string longer = line.empty() ? word : line + " " + word;
    if (text_width(context, longer, font) > size.width - 2 * margin) {
      draw_text(context, line, margin, y, font, faint_ink);
      y += line_height;
      line = word;
    } else {
      line = longer;
    }
  }
  draw_text(context, line, margin, y, font, faint_ink);
}

}  // namespace

SheetSize size_of(const Sheet& sheet) {
  const int side = picture_side(sheet), across = columns(sheet);
  int height = header + footer;
  for (const SheetBand& band : sheet.bands)
    height += band_header + lines(band) * (line_header + side + line_gap) + band_gap;
  return {2 * margin + across * cell_width(side) + (across - 1) * cell_gap, height};
}

void draw(const Sheet& sheet, cairo_t* context) {
  const SheetSize size = size_of(sheet);
  const int side = picture_side(sheet);
  const float top_value = largest_value(sheet);
  set_colour(context, paper);
  cairo_paint(context);
  draw_text(context, sheet.title, margin, 74, 40, ink, true);
  double y = header;
  for (const SheetBand& band : sheet.bands) {
    draw_band_heading(context, band, y, size.width - margin);
    y += band_header;
    for (size_t i = 0; i < band.frames.size(); ++i) {
      poll_interrupt();
      const int column = int(i) % frames_a_line;
      if (i > 0 && column == 0) y += line_header + side + line_gap;
      draw_frame(context, band.frames[i], band.colour, top_value,
                 margin + column * (cell_width(side) + cell_gap), y, side);
    }
    y += line_header + side + line_gap + band_gap;
  }
  draw_caption(context, sheet.caption, size);
}

std::string sheet_path_problem(const std::string& path) {
  if (path.ends_with(".png") || path.ends_with(".svg")) return "";
  return path + ": a sheet is written as .png or .svg";
}

void write_sheet(const Sheet& sheet, const std::string& path, const std::string& temporary) {
  check(sheet_path_problem(path).empty(), sheet_path_problem(path));
  const SheetSize size = size_of(sheet);
  const bool svg = path.ends_with(".svg");
  const CairoSurface surface(
      svg ? cairo_svg_surface_create(temporary.c_str(), size.width, size.height)
          : cairo_image_surface_create(CAIRO_FORMAT_RGB24, size.width, size.height));
  check_cairo(cairo_surface_status(surface.get()), path);
  {
    const CairoContext context(cairo_create(surface.get()));
    draw(sheet, context.get());
    check_cairo(cairo_status(context.get()), path);
  }
  if (!svg) check_cairo(cairo_surface_write_to_png(surface.get(), temporary.c_str()), path);
  cairo_surface_finish(surface.get());
  check_cairo(cairo_surface_status(surface.get()), path);
}

}  // namespace hitsieve
