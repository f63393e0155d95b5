#include "apps/paper_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <spdlog/fmt/fmt.h>

#include "apps/page.h"
#include "apps/paper_runs.h"
#include "apps/plot.h"
#include "apps/preview.h"
#include "data/frame_reader.h"
#include "kernels/gcn.h"
#include "nets/model.h"

namespace hitsieve {
namespace {

using Json = nlohmann::ordered_json;
constexpr Colour of_source{0.80, 0.20, 0.22}, of_target{0.16, 0.38, 0.75};

std::string figure(const std::string& number, const std::string& content,
                   const std::string& caption) {
  return fmt::format(
      "<figure style=\"margin-top:30px\">{}<figcaption><b>Figure {}.</b> "
      "{}</figcaption></figure>\n",
      content, number, caption);
}

std::string dot(Colour colour, const std::string& what) {
  return fmt::format("<span class=\"dot\" style=\"background:{}\"></span>{} &nbsp; ", css(colour),
                     what);
}

/// The range of pixel values that is drawn, white to black, linear.
GreyScale linear_scale(const PixelImage& image, double low, double high) {
  std::vector<float> values;
  for (float value : image.values)
    if (!std::isnan(value)) values.push_back(value);
  std::ranges::sort(values);
  const auto at = [&](double part) { return values[size_t(part * double(values.size() - 1))]; };
  return {.white = at(low), .black = at(high), .logarithmic = false};
}

std::string png(const PixelImage& image, const GreyScale& scale, int pool,
                const std::string& what) {
  return inline_png(draw(image, scale, pool).get(), what);
}

PixelImage pixels_of(const Frame& frame) {
  PixelImage image{int(frame.shape.fs), int(frame.shape.ss), {}};
  image.values.resize(size_t(frame.shape.pixels()), std::numeric_limits<float>::quiet_NaN());
  by_pixel(frame.type, "figure", [&]<class T>() {
    const T* pixels = frame.data<T>();
    for (size_t i = 0; i < image.values.size(); ++i)
      if (!(frame.bad() && frame.bad()[i]) && double(pixels[i]) >= frame.trusted.min &&
          double(pixels[i]) <= frame.trusted.max)
        image.values[i] = float(pixels[i]);
  });
  return image;
}

PreviewOptions one_of_each() {
  PreviewOptions options;
  options.frames = 1;
  return options;
}

class Figures {
 public:
  Figures(const PaperOptions& options, const PaperData& data, const Results& results)
      : options_(options),
        data_(data),
        results_(results),
        set_(data.set(data.main_names()[0])),
        sheet_(make_sheet(set_.frames, set_.labels, one_of_each())),
        from_(fmt::format("{} {}", data.description(), set_.name)) {}

  std::string all() const {
    return examples() + crop() + normalisation() + vectors() + embedding() + histories();
  }

 private:
  std::string examples() const {
    return figure("5", picture(sheet_),
                  fmt::format("A frame of each class: raw, normalised, and its row-wise ranges. "
                              "Data: {}.",
                              from_));
  }

  std::string crop() const {
    const int side = int(Preprocessing{}.crop);
    const auto hit = std::ranges::find(set_.labels.of, Label::hit) - set_.labels.of.begin();
    const bool any = hit < std::ssize(set_.labels.of);
    const FrameSet one = set_.frames.subset({any ? hit : 0});
    FrameReader reader(one, {.crop = 0});
    ReadFrame read;
    reader.next(read);
    PixelImage image = pixels_of(read.frame);
    const bool whole = image.width <= side && image.height <= side;
    const GreyScale scale = scale_of(image);
    if (!whole) frame_crop(image, side, scale.black);
    return figure(
        "6", fmt::format("<div style=\"max-width:560px\">{}</div>", png(image, scale, 2, "crop")),
        (whole ? fmt::format("The whole frame: of {0} x {0} pixels, it is the crop itself. ", side)
               : fmt::format("The central {0} x {0} pixels of a whole frame, framed. ", side)) +
            "Data: " + from_ + ".");
  }

  static void frame_crop(PixelImage& image, int side, float black) {
    const int top = (image.height - side) / 2, left = (image.width - side) / 2;
    const auto set = [&](int y, int x) {
      image.values[size_t(y) * size_t(image.width) + size_t(x)] = black;
    };
    for (int i = 0; i < side; ++i)
      for (int wide = 0; wide < 6; ++wide) {
        set(top + i, left + wide), set(top + i, left + side - 1 - wide);
        set(top + wide, left + i), set(top + side - 1 - wide, left + i);
      }
  }

  std::string normalisation() const {
    const SheetFrame& frame = sheet_.bands[0].frames[0];
    const Tensor global =
        gcn(Tensor::of<float>({1, frame.raw.height, frame.raw.width}, frame.raw.values));
    const PixelImage gcn_image{frame.raw.width, frame.raw.height, global.values<float>()};
    return figure(
        "7",
        "<div class=\"three\">" + png(frame.raw, linear_scale(frame.raw, 0.001, 0.9995), 2, "raw") +
            png(gcn_image, linear_scale(gcn_image, 0.001, 0.9995), 2, "GCN") +
            png(frame.normalised, {0, normalised_black, false}, 2, "GCN and LCN") + "</div>",
        fmt::format("The frame {}, labelled {}: raw, after GCN, after GCN and LCN; linear grey. "
                    "GCN moves and scales the values and changes nothing within a frame; LCN "
                    "leaves the spots. Data: {}.",
                    escaped(frame.name), escaped(sheet_.bands[0].heading), from_));
  }

  std::string vectors() const {
    float top = 0;
    for (const SheetBand& band : sheet_.bands)
      for (float value : band.frames[0].vector) top = std::max(top, value);
    std::string out = "<div class=\"three\">";
    for (const SheetBand& band : sheet_.bands) {
      std::vector<PlotPoint> points;
      for (float value : band.frames[0].vector)
        points.push_back({double(points.size() + 1), double(value)});
      Plot plot(0, double(points.size()), 0, double(top), "row, " + band.heading, "range");
      plot.curve(points, band.colour, 1.2);
      out += plot.svg();
    }
    return figure("8", out + "</div>",
                  "Row-wise decomposition vectors of the frames of Figure 5. Data: " + from_ + ".");
  }

  /// A panel of Figure 9: both sets' frames of a class, or of all with the classes' colours.
  static std::string panel(const Json& points, const std::string& source, int of_class,
                           const std::string& name) {
    double x0 = 1e30, x1 = -1e30, y0 = 1e30, y1 = -1e30;
    std::array<std::vector<PlotPoint>, 3> dots;
    for (const Json& point : points) {
      const double x = point["x"], y = point["y"];
      x0 = std::min(x0, x), x1 = std::max(x1, x), y0 = std::min(y0, y), y1 = std::max(y1, y);
      const int label = point["class"];
      if (of_class >= 0 && label != of_class) continue;
      dots[size_t(of_class < 0 ? label : point["set"] == source ? 0 : 1)].push_back({x, y});
    }
    Plot plot(x0, x1, y0, y1, name, "");
    for (int i = 0; i < 3; ++i)
      plot.dots(dots[size_t(i)], of_class < 0 ? class_colour(i) : i == 0 ? of_source : of_target);
    return plot.svg();
  }

  std::string embedding() const {
    const Json& result = results_.at("F9");
    const std::string source = result["source"], target = result["target"];
    constexpr const char* labels[] = {"miss", "maybe", "hit"};
    std::string out;
    for (const auto& [key, name] : {std::pair("T5", "DANN"), std::pair("T1", "source only")}) {
      out += "<div class=\"three\">";
      for (int label = 0; label < 3; ++label)
        out += panel(result[key], source, label, fmt::format("{}: {}", name, labels[label]));
      out += "</div>";
    }
    out += "<div class=\"two\">" + panel(result["T5"], source, -1, "DANN, by class") +
           panel(result["T1"], source, -1, "source only, by class") + "</div>";
    return figure(
        "9", out,
        fmt::format("Features on a plane (t-SNE, up to 400 frames of each set): {}{}. Last row, by "
                    "class: {}{}{}. Source only: the 2D CNN of Table 1. Data: {}, "
                    "seed {}.",
                    dot(of_source, source + " (source)"), dot(of_target, target + " (target)"),
                    dot(class_colour(0), "miss"), dot(class_colour(1), "maybe"),
                    dot(class_colour(2), "hit"), data_.description(),
                    result["seed"].get<uint64_t>()));
  }

  static std::string history(const Json& records, const char* first, const char* second, double top,
                             const char* name) {
    Plot plot(1, double(records.size()), 0, top, "epoch", name);
    for (const auto& [key, colour] :
         {std::pair(first, class_colour(2)), std::pair(second, of_source)}) {
      std::vector<PlotPoint> points;
      for (const Json& record : records)
        points.push_back({double(points.size() + 1), std::min(top, record[key].get<double>())});
      plot.curve(points, colour, 2.2);
      if (points.size() == 1) plot.dots(points, colour, 4);
    }
    return plot.svg();
  }

  std::string histories() const {
    const auto [source, target] = figure_pair(data_);
    const uint64_t seed = options_.first_seed();
    const Json& records = results_.at(paper_key("T5", source + "-" + target, seed)).at("history");
    return figure(
        "10",
        "<div class=\"two\">" + history(records, "validation_loss", "domain_loss", 1.5, "loss") +
            history(records, "validation_accuracy", "domain_accuracy", 1, "accuracy") + "</div>",
        fmt::format(
            "Loss and accuracy of the {}and the {}in validation, by epoch, of the DANN from "
            "{} to {}; losses above 1.5 are drawn at 1.5. Data: {}, seed {}.",
            dot(class_colour(2), "label classifier (source)"), dot(of_source, "domain classifier"),
            source, target, data_.description(), seed));
  }

  const PaperOptions& options_;
  const PaperData& data_;
  const Results& results_;
  const PaperSet& set_;
  Sheet sheet_;
  std::string from_;
};

}  // namespace

std::string paper_figures(const PaperOptions& options, const PaperData& data,
                          const Results& results) {
  return Figures(options, data, results).all();
}

}  // namespace hitsieve
