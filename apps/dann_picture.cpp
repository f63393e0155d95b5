#include "apps/dann_picture.h"

#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

#include "apps/picture.h"
#include "kernels/softmax_cross_entropy.h"

namespace hitsieve {
namespace {

// Pixels, but for `unit`, the pixels of a length of 1 in the plane.
constexpr int across = 420, down = 320, gap = 28, margin = 40, header = 186, row_header = 56,
              footer = 112;
constexpr double unit = 105;
constexpr int spacing = 2, points_drawn = 150;  // of the lattice of a map; a domain
constexpr int columns = across / spacing + 1, rows = down / spacing + 1;

// Pairs that stay apart for colour-blind eyes: of Okabe and Ito for classes, of ColorBrewer's PRGn
// for domains.
constexpr std::array<Colour, 2> class_pair{Colour{0.00, 0.45, 0.70}, {0.84, 0.37, 0.00}};
constexpr std::array<Colour, 2> domain_pair{Colour{0.46, 0.16, 0.51}, {0.11, 0.47, 0.22}};

void set_colour(cairo_t* context, Colour colour) {
  cairo_set_source_rgb(context, colour.red, colour.green, colour.blue);
}

Colour mix(Colour a, Colour b, double part) {
  const auto between = [&](double x, double y) { return x + part * (y - x); };
  return {between(a.red, b.red), between(a.green, b.green), between(a.blue, b.blue)};
}

/// Pale `pair[0]` at 0, white at 0.5, pale `pair[1]` at 1.
Colour shade(const std::array<Colour, 2>& pair, double probability) {
  const double strength = 0.45 * std::abs(2 * probability - 1);
  return mix(paper, pair[probability > 0.5], strength);
}

/// A classifier's probability of class 1 on a lattice of points over the panel, top row first.
class ProbabilityMap {
 public:
  ProbabilityMap(const MoonNet& net, bool domain) {
    std::vector<float> x;
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) {
        x.push_back(float((spacing * j - across / 2) / unit));
        x.push_back(float((down / 2 - spacing * i) / unit));
      }
    const Tensor features = net.features(Tensor::of<float>({rows * columns, 2}, x));
    const Tensor logits = domain ? net.domain_logits(features) : net.label_logits(features);
    values_ = softmax(logits).values<float>();
  }
  double operator()(int i, int j) const { return double(values_[2 * size_t(i * columns + j) + 1]); }

 private:
  std::vector<float> values_;
};

/// The lattice as an image of one pixel a point, stretched over the panel.
void draw_shades(cairo_t* context, const ProbabilityMap& map, const std::array<Colour, 2>& pair) {
  const CairoSurface image(cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows));
  check_cairo(cairo_surface_status(image.get()), "picture of the moons");
  const CairoContext pixels(cairo_create(image.get()));
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      set_colour(pixels.get(), shade(pair, map(i, j)));
      cairo_rectangle(pixels.get(), j, i, 1, 1);
      cairo_fill(pixels.get());
    }
  cairo_save(context);
  cairo_scale(context, spacing, spacing);
  cairo_set_source_surface(context, image.get(), -0.5, -0.5);
  cairo_paint(context);
  cairo_restore(context);
}

/// The line where both classes are as likely, cell of the lattice by cell: its ends are where the
/// probability crosses a half along the cell's edges.
void draw_boundary(cairo_t* context, const ProbabilityMap& map) {
  constexpr int corner[5][2] = {{0, 0}, {0, 1}, {1, 1}, {1, 0}, {0, 0}};
  for (int i = 0; i + 1 < rows; ++i)
    for (int j = 0; j + 1 < columns; ++j) {
      bool second = false;
      for (int edge = 0; edge < 4; ++edge) {
        const auto *a = corner[edge], *b = corner[edge + 1];
        const double p = map(i + a[0], j + a[1]) - 0.5, q = map(i + b[0], j + b[1]) - 0.5;
        if ((p > 0) == (q > 0)) continue;
        const double part = p / (p - q);
        const double x = spacing * (j + a[1] + part * (b[1] - a[1]));
        const double y = spacing * (i + a[0] + part * (b[0] - a[0]));
        second ? cairo_line_to(context, x, y) : cairo_move_to(context, x, y);
        second = !second;
      }
    }
  set_colour(context, ink);
  cairo_set_line_width(context, 2);
  cairo_stroke(context);
}

/// A source point is a ring, a target point a filled triangle.
void draw_point(cairo_t* context, double x, double y, bool target, Colour colour) {
  constexpr double size = 4.6;
  cairo_new_path(context);
  set_colour(context, target ? paper : colour);
  cairo_set_line_width(context, target ? 2.2 : 1.7);
  if (target) {
    cairo_move_to(context, x, y - 1.25 * size);
    cairo_line_to(context, x + 1.1 * size, y + 0.75 * size);
    cairo_line_to(context, x - 1.1 * size, y + 0.75 * size);
    cairo_close_path(context);
    cairo_stroke_preserve(context);
    set_colour(context, colour);
    cairo_fill(context);
  } else {
    cairo_arc(context, x, y, 0.85 * size, 0, 6.2832);
    cairo_stroke(context);
  }
}

void draw_points(cairo_t* context, const Moons& moons, bool target, bool by_domain) {
  const std::vector<float> x = moons.x.values<float>();
  const std::vector<int32_t> classes = moons.classes.values<int32_t>();
  for (size_t i = 0; i < std::min<size_t>(points_drawn, classes.size()); ++i)
    draw_point(context, across / 2 + unit * double(x[2 * i]),
               down / 2 - unit * double(x[2 * i + 1]), target,
               by_domain ? domain_pair[target] : class_pair[size_t(classes[i])]);
}

/// The panel's corner at the origin.
void draw_panel(cairo_t* context, const TrainedMoons& trained, bool domain) {
  const ProbabilityMap map(trained.net, domain);
  cairo_save(context);
  cairo_rectangle(context, 0, 0, across, down);
  cairo_clip(context);
  draw_shades(context, map, domain ? domain_pair : class_pair);
  draw_points(context, trained.source, false, domain);
  draw_points(context, trained.target, true, domain);
  if (!domain) draw_boundary(context, map);
  cairo_restore(context);
  set_colour(context, faint_ink);
  cairo_set_line_width(context, 1);
  cairo_rectangle(context, 0.5, 0.5, across - 1, down - 1);
  cairo_stroke(context);
}

void draw_column(cairo_t* context, const MoonColumn& column, double x) {
  const TrainedMoons& trained = column.trained;
  draw_text(context, column.name, x, header - 46, 23, ink, true);
  const auto panel = [&](double y, bool domain, const std::string& remark) {
    draw_text(context, remark, x, y - 14, 19, ink);
    cairo_save(context);
    cairo_translate(context, x, y);
    draw_panel(context, trained, domain);
    cairo_restore(context);
  };
  panel(header, false,
        fmt::format("label right: source {:.1f} %, target {:.1f} %", 100 * trained.source_accuracy,
                    100 * trained.target_accuracy));
  panel(header + down + row_header, true,
        fmt::format("domain right: {:.1f} %", 100 * trained.domain_accuracy));
}

/// Two kinds of points with their names, from x on; returns where the next may begin.
double draw_legend(cairo_t* context, double x, double y, const std::string& heading,
                   const std::vector<std::pair<std::string, std::pair<bool, Colour>>>& kinds) {
  draw_text(context, heading, x, y, 19, ink, true);
  double at = x;
  for (const auto& [name, how] : kinds) {
    draw_point(context, at + 7, y + 24, how.first, how.second);
    draw_text(context, name, at + 22, y + 30, 19, ink);
    at += 22 + text_width(context, name, 19) + 30;
  }
  return at;
}

void draw_page(cairo_t* context, const std::vector<MoonColumn>& networks, double height) {
  set_colour(context, paper);
  cairo_paint(context);
  draw_text(context, "Two moons, and the same moons turned: what a reversed gradient does", margin,
            66, 34, ink, true);
  draw_text(context,
            "Above: the label classifier's decisions, and the line between them. Below: what the "
            "domain classifier takes for source or target; where it cannot tell, the ground is "
            "white.",
            margin, 104, 19, faint_ink);
  for (size_t i = 0; i < networks.size(); ++i)
    draw_column(context, networks[i], margin + double(i) * (across + gap));
  const double y = height - footer + 44;
  draw_legend(context, margin, y, "Above: classes (training never sees those of the target)",
              {{"source, upper moon", {false, class_pair[0]}},
               {"source, lower moon", {false, class_pair[1]}},
               {"target, upper moon", {true, class_pair[0]}},
               {"target, lower moon", {true, class_pair[1]}}});
  draw_legend(context, margin + 2.5 * (across + gap), y, "Below: domains",
              {{"source", {false, domain_pair[0]}}, {"target", {true, domain_pair[1]}}});
}

}  // namespace

void write_moons_picture(const std::vector<MoonColumn>& networks, const std::string& path) {
  const int width = 2 * margin + int(networks.size()) * (across + gap) - gap;
  const int height = header + 2 * down + row_header + footer;
  const CairoSurface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  check_cairo(cairo_surface_status(surface.get()), path);
  const CairoContext context(cairo_create(surface.get()));
  draw_page(context.get(), networks, height);
  check_cairo(cairo_status(context.get()), path);
  check_cairo(cairo_surface_write_to_png(surface.get(), path.c_str()), path);
}

}  // namespace hitsieve
