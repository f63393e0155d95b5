#include "apps/picture.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <spdlog/fmt/fmt.h>

#include "engine/check.h"

namespace hitsieve {
namespace {

uint32_t packed(Colour colour) {
  const auto byte = [](double part) { return uint32_t(std::lround(255 * part)); };
  return byte(colour.red) << 16 | byte(colour.green) << 8 | byte(colour.blue);
}

/// 0 white to 1 black.
double darkness(float value, const GreyScale& scale) {
  const double range = double(scale.black) - scale.white;
  const double part = std::clamp((double(value) - scale.white) / range, 0.0, 1.0);
  return scale.logarithmic ? std::log1p(6 * part) / std::log1p(6.0) : part;
}

float largest(const PixelImage& image, int x0, int y0, int pool) {
  float found = std::numeric_limits<float>::quiet_NaN();
  for (int y = y0; y < y0 + pool; ++y)
    for (int x = x0; x < x0 + pool; ++x) {
      const float value = image.values[size_t(y) * size_t(image.width) + size_t(x)];
      if (!(value <= found) && !std::isnan(value)) found = value;
    }
  return found;
}

cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

void check_cairo(cairo_status_t status, const std::string& what) {
  if (status == CAIRO_STATUS_SUCCESS) return;
  if (status == CAIRO_STATUS_WRITE_ERROR)
    throw OutputError(text(what, ": cannot be written (folder missing or disk full)"));
  throw std::runtime_error(text(what, ": cairo: ", cairo_status_to_string(status)));
}

Colour class_colour(int label) {
  constexpr Colour colours[] = {{0.42, 0.47, 0.56}, {0.85, 0.53, 0.04}, {0.04, 0.50, 0.44}};
  return colours[label];
}

std::string css(Colour colour) { return fmt::format("#{:06x}", packed(colour)); }

GreyScale scale_of(const PixelImage& image) {
  std::vector<float> good;
  good.reserve(image.values.size());
  for (float value : image.values)
    if (!std::isnan(value)) good.push_back(value);
  if (good.empty()) return {};
  const auto percentile = [&](double part) {
    const auto at = good.begin() + ptrdiff_t(part * double(good.size() - 1));
    std::nth_element(good.begin(), at, good.end());
    return *at;
  };
  GreyScale scale{percentile(0.01), percentile(0.9995), true};
  if (scale.black <= scale.white) scale.black = scale.white + 1;
  return scale;
}

CairoSurface draw(const PixelImage& image, const GreyScale& scale, int pool) {
  const int width = image.width / pool, height = image.height / pool;
  CairoSurface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  check_cairo(cairo_surface_status(surface.get()), "picture of a frame");
  cairo_surface_flush(surface.get());
  unsigned char* bytes = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < height; ++y) {
    auto* row = reinterpret_cast<uint32_t*>(bytes + ptrdiff_t(y) * stride);
    for (int x = 0; x < width; ++x) {
      const float value = largest(image, x * pool, y * pool, pool);
      const double grey = 1 - darkness(value, scale);
      row[x] = packed(std::isnan(value) ? masked_colour : Colour{grey, grey, grey});
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

void draw_text(cairo_t* context, const std::string& line, double x, double y, double size,
               Colour colour, bool bold, Align align) {
  cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                         bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, size);
  cairo_set_source_rgb(context, colour.red, colour.green, colour.blue);
  cairo_text_extents_t extents;
  cairo_text_extents(context, line.c_str(), &extents);
  if (align == Align::centre) x -= extents.x_advance / 2;
  if (align == Align::right) x -= extents.x_advance;
  cairo_move_to(context, x, y);
  cairo_show_text(context, line.c_str());
}

double text_width(cairo_t* context, const std::string& line, double size) {
  cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, size);
  cairo_text_extents_t extents;
  cairo_text_extents(context, line.c_str(), &extents);
  return extents.x_advance;
}

std::string png_of(cairo_surface_t* surface) {
  std::string bytes;
  check_cairo(cairo_surface_write_to_png_stream(surface, append, &bytes), "picture");
  return bytes;
}

std::string base64(const std::string& bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](size_t at) {
      return at < bytes.size() ? uint32_t(static_cast<unsigned char>(bytes[at])) : 0u;
    };
    const uint32_t three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (int digit = 0; digit < 4; ++digit)
      out += i + size_t(digit) > bytes.size() ? '=' : digits[three >> (18 - 6 * digit) & 63];
  }
  return out;
}

}  // namespace hitsieve
