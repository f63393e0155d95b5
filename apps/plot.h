// The plots of the pages, as inline SVG texts that need nothing from outside the page.
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "apps/picture.h"
#include "nets/metrics.h"

namespace hitsieve {

struct PlotPoint {
  double x, y;
};

enum class Axes { linear, logarithmic };

/// Axes from 0 to 1 or from x_min to x_max, a grid, and curves on it. Logarithmic axes, both of
/// them, want everything above 0.
class Plot {
 public:
  Plot(double x_min, double x_max, double y_min, double y_max, std::string x_name,
       std::string y_name, Axes axes = Axes::linear);
  void curve(const std::vector<PlotPoint>& points, Colour colour, double width = 2);
  void dots(const std::vector<PlotPoint>& points, Colour colour, double radius = 2.5);
  void marker(PlotPoint at, const std::string& label, Colour colour);
  /// Beside a point: anchor is SVG's "start", "middle" or "end".
  void label(PlotPoint at, const std::string& words, const std::string& anchor);
  std::string svg() const;

 private:
  double x_of(double x) const;
  double y_of(double y) const;
  std::string axes() const;
  double x_min_, x_max_, y_min_, y_max_;
  Axes kind_;
  std::string x_name_, y_name_, content_;
};

/// Precision over recall, with the point that the threshold stands for.
std::string precision_recall_plot(const std::vector<PrecisionRecall>& curve, double recall,
                                  double precision);

/// A row a class of how its scores are distributed, each scaled to its own largest bin, and the
/// threshold through all of them.
std::string score_histogram(std::span<const float> scores, std::span<const FrameClass> classes,
                            double threshold);

/// Text that is safe inside HTML and SVG.
std::string escaped(const std::string& text);

}  // namespace hitsieve
