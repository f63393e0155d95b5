// Pictures of frames: grey values chosen from the frame's own pixels, dark spots on white as on
// film, masked pixels in a colour of their own. And the few lines of cairo that everything drawn
// here shares.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <cairo/cairo.h>

namespace hitsieve {

struct CairoDelete {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using CairoSurface = std::unique_ptr<cairo_surface_t, CairoDelete>;
using CairoContext = std::unique_ptr<cairo_t, CairoDelete>;

/// Error when cairo could not draw or write, naming `what`.
void check_cairo(cairo_status_t status, const std::string& what);

/// 0 to 1 each.
struct Colour {
  double red, green, blue;
};
constexpr Colour ink{0.13, 0.15, 0.19}, faint_ink{0.45, 0.48, 0.53}, paper{1, 1, 1},
    masked_colour{0.80, 0.86, 0.93};
/// The colour that stands for a class of frames everywhere: 0 miss, 1 maybe, 2 hit.
Colour class_colour(int label);
std::string css(Colour colour);  ///< "#0b8a6f"

/// Values of a frame's pixels (height, width) for drawing; NaN where masked.
struct PixelImage {
  int width = 0, height = 0;
  std::vector<float> values;
};

struct GreyScale {
  float white = 0, black = 1;  ///< values at and beyond the ends
  bool logarithmic = false;    ///< of the value above white
};

/// White at the 1st percentile of the good pixels, black at the 99.95th, logarithmic: low
/// background and strong spots are both seen, whatever the detector's gain and offset.
GreyScale scale_of(const PixelImage& image);

/// Each `pool` x `pool` pixels become one, the largest of them, so that spots of one pixel stay
/// seen; masked only where all are. What is left over at the right and bottom is cut off.
CairoSurface draw(const PixelImage& image, const GreyScale& scale, int pool);

enum class Align { left, centre, right };
/// Text with its baseline at y.
void draw_text(cairo_t* context, const std::string& line, double x, double y, double size,
               Colour colour = ink, bool bold = false, Align align = Align::left);
double text_width(cairo_t* context, const std::string& line, double size);

/// The bytes of a PNG file.
std::string png_of(cairo_surface_t* surface);
/// The text form for inlining into a page.
std::string base64(const std::string& bytes);

}  // namespace hitsieve
