#include "apps/plot.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "apps/report.h"

namespace hitsieve {
namespace {

constexpr double width = 520, height = 360, left = 62, right = 18, top = 18, bottom = 52;

std::string svg_text(double x, double y, const std::string& anchor, const std::string& content,
                     const std::string& more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y,
                     anchor, more, escaped(content));
}

std::string svg_line(double x1, double y1, double x2, double y2, const std::string& style) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", x1, y1, x2,
      y2, style);
}

std::string framed(double w, double h, const std::string& content) {
  return fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\">\n{}</svg>\n", w, h, content);
}

/// A round distance of ticks: 1, 2 or 5 times a power of ten, about five over the range.
double tick_step(double range) {
  const double power = std::pow(10.0, std::floor(std::log10(range / 5)));
  for (double step : {1.0, 2.0, 5.0})
    if (range / (step * power) <= 6) return step * power;
  return 10 * power;
}

/// Where the ticks are: at multiples of a round step, or at 1, 2 and 5 (over many decades: at 1)
/// times each power of ten.
std::vector<double> ticks(double min, double max, Axes axes) {
  std::vector<double> at;
  if (axes == Axes::linear) {
    const double step = tick_step(max - min);
    for (double v = std::ceil(min / step - 1e-9) * step; v <= max + 1e-9; v += step)
      at.push_back(v);
    return at;
  }
  const bool many = max / min > 2000;
  for (double power = std::pow(10.0, std::floor(std::log10(min))); power <= max; power *= 10)
    for (double digit : {1.0, 2.0, 5.0})
      if (const double v = digit * power; v >= 0.999 * min && v <= 1.001 * max)
        if (digit == 1 || !many) at.push_back(v);
  return at;
}

std::string tick_label(double value) {
  if (std::fabs(value) >= 10'000) return fmt::format("{:.4g}k", value / 1000);
  return fmt::format("{:.4g}", std::fabs(value) < 1e-12 ? 0 : value);
}

/// How far `value` is between the ends of its axis.
double share(double value, double min, double max, Axes axes) {
  if (axes == Axes::linear) return (value - min) / (max - min);
  return std::log(value / min) / std::log(max / min);
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

Plot::Plot(double x_min, double x_max, double y_min, double y_max, std::string x_name,
           std::string y_name, Axes kind)
    : x_min_(x_min),
      x_max_(x_max > x_min ? x_max : x_min + 1),
      y_min_(y_min),
      y_max_(y_max > y_min ? y_max : y_min + 1),
      kind_(kind),
      x_name_(std::move(x_name)),
      y_name_(std::move(y_name)) {}

double Plot::x_of(double x) const {
  return left + share(x, x_min_, x_max_, kind_) * (width - left - right);
}
double Plot::y_of(double y) const {
  return height - bottom - share(y, y_min_, y_max_, kind_) * (height - top - bottom);
}

void Plot::curve(const std::vector<PlotPoint>& points, Colour colour, double line_width) {
  std::string path;
  for (const PlotPoint& point : points)
    path += fmt::format("{:.1f},{:.1f} ", x_of(point.x), y_of(point.y));
  content_ += fmt::format(
      "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" "
      "stroke-linejoin=\"round\"/>\n",
      path, css(colour), line_width);
}

void Plot::dots(const std::vector<PlotPoint>& points, Colour colour, double radius) {
  content_ += fmt::format("<g fill=\"{}\" fill-opacity=\"0.6\">\n", css(colour));
  for (const PlotPoint& point : points)
    content_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>\n", x_of(point.x),
                            y_of(point.y), radius);
  content_ += "</g>\n";
}

void Plot::marker(PlotPoint at, const std::string& label, Colour colour) {
  const double x = x_of(at.x), y = y_of(at.y);
  content_ += fmt::format(
      "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"6\" fill=\"{}\" stroke=\"#fff\" "
      "stroke-width=\"2\"/>\n",
      x, y, css(colour));
  content_ += svg_text(x - 12, y + 22, "end", label, " class=\"strong\"");
}

void Plot::label(PlotPoint at, const std::string& words, const std::string& anchor) {
  const double beside = anchor == "start" ? 9 : anchor == "end" ? -9 : 0;
  content_ += svg_text(x_of(at.x) + beside, y_of(at.y) + (beside ? 5 : -11), anchor, words,
                       " class=\"strong\"");
}

std::string Plot::axes() const {
  std::string out;
  for (double x : ticks(x_min_, x_max_, kind_)) {
    out += svg_line(x_of(x), top, x_of(x), height - bottom, "grid");
    out += svg_text(x_of(x), height - bottom + 20, "middle", tick_label(x));
  }
  for (double y : ticks(y_min_, y_max_, kind_)) {
    out += svg_line(left, y_of(y), width - right, y_of(y), "grid");
    out += svg_text(left - 8, y_of(y) + 5, "end", tick_label(y));
  }
  out += svg_text((left + width - right) / 2, height - 8, "middle", x_name_);
  const double middle = (top + height - bottom) / 2;
  out += svg_text(16, middle, "middle", y_name_,
                  fmt::format(" transform=\"rotate(-90 16 {:.1f})\"", middle));
  return out;
}

std::string Plot::svg() const { return framed(width, height, axes() + content_); }

std::string precision_recall_plot(const std::vector<PrecisionRecall>& curve, double recall,
                                  double precision) {
  double lowest = 1;
  std::vector<PlotPoint> points;
  for (const PrecisionRecall& point : curve) {
    points.push_back({point.recall, point.precision});
    if (point.recall > 0.02) lowest = std::min(lowest, point.precision);
  }
  Plot plot(0, 1, std::max(0.0, std::floor(10 * lowest - 0.5) / 10), 1, "recall", "precision");
  plot.curve(points, class_colour(2), 2.5);
  plot.marker({recall, precision},
              fmt::format("recall {:.3f}, precision {:.3f}", recall, precision),
              {0.75, 0.15, 0.20});
  return plot.svg();
}

std::string score_histogram(std::span<const float> scores, std::span<const FrameClass> classes,
                            double threshold) {
  constexpr int bins = 50;
  constexpr double row = 92, bar_top = 26;
  std::array<std::array<int64_t, bins>, 3> counts{};
  std::array<int64_t, 3> totals{};
  for (size_t i = 0; i < scores.size(); ++i) {
    ++counts[classes[i]][size_t(std::clamp(int(scores[i] * bins), 0, bins - 1))];
    ++totals[classes[i]];
  }
  const auto x_of = [](double score) { return left + score * (width - left - right); };
  std::string out;
  for (int label = 2; label >= 0; --label) {
    const double base = top + row * (3 - label), room = row - bar_top;
    const int64_t most =
        *std::max_element(counts[size_t(label)].begin(), counts[size_t(label)].end());
    for (int bin = 0; bin < bins; ++bin) {
      const int64_t count = counts[size_t(label)][size_t(bin)];
      if (count == 0) continue;
      const double bar = std::max(1.5, room * double(count) / double(most));
      out += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n",
          x_of(double(bin) / bins) + 0.5, base - bar, (width - left - right) / bins - 1, bar,
          css(class_colour(label)));
    }
    out += svg_line(left, base, width - right, base, "axis");
    out += svg_text(left - 8, base - room / 2 + 2, "end", class_names[label], " class=\"strong\"");
    out += svg_text(left - 8, base - room / 2 + 20, "end", std::to_string(totals[size_t(label)]));
  }
  const double bottom_line = top + 3 * row;
  out += svg_line(x_of(threshold), top - 4, x_of(threshold), bottom_line, "mark");
  const bool on_left = threshold > 0.5;
  out += svg_text(x_of(threshold) + (on_left ? -6 : 6), top + 8, on_left ? "end" : "start",
                  fmt::format("threshold {:.3f}", threshold));
  for (double tick : {0.0, 0.2, 0.4, 0.6, 0.8, 1.0})
    out += svg_text(x_of(tick), bottom_line + 20, "middle", tick_label(tick));
  out += svg_text((left + width - right) / 2, bottom_line + 44, "middle", "score");
  return framed(width, bottom_line + 52, out);
}

}  // namespace hitsieve
