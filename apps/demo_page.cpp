#include "apps/demo_page.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "apps/page.h"
#include "apps/plot.h"
#include "apps/progress.h"
#include "apps/report.h"
#include "engine/checkpoint.h"

namespace hitsieve {
namespace {

std::string number(const std::string& value, const std::string& meaning) {
  return fmt::format("<div class=\"number\"><b>{}</b><span>{}</span></div>\n", value, meaning);
}

std::string head(const DemoResult& result) {
  const Metrics& metrics = result.evaluation.metrics;
  std::string out = fmt::format(
      "<h1>Finding the hits of a run</h1>\n<p class=\"lead\">A model was trained on {} labelled "
      "frames, validated on {}, and then judged {} frames of another run that it had never "
      "seen. All frames here are simulated, in the likeness of the set {} of CXIDB entry 76.</p>\n"
      "<div class=\"numbers\">\n",
      result.trained_on, result.validated_on, with_commas(result.screened.processed),
      escaped(result.set));
  out += number(percentage(metrics.recall()), "recall: hits and maybes that were found");
  out += number(percentage(metrics.precision()), "precision: of the hit list that is right");
  out += number(percentage(metrics.accuracy()), "accuracy: frames decided as labelled");
  out += number(with_commas(int64_t(double(result.screened.processed) / result.screened.seconds)),
                "frames screened a second, reading included");
  return out + "</div>\n";
}

std::string steps(const DemoResult& result) {
  std::string out = "<p>Every step is one command; these are the ones that were run.</p>\n<ol>\n";
  for (const DemoStep& step : result.steps)
    out += fmt::format("<li><time>{}</time>{}<pre>{}</pre></li>\n", duration(step.seconds),
                       escaped(step.what), escaped(step.command));
  return section("What was done", out + "</ol>\n");
}

std::string frames(const DemoResult& result) {
  return section(
      "What the network sees",
      "<p>A raw frame is normalised twice: over the whole (GCN), then over a small window around "
      "each pixel (LCN). What is left of each row is one number, its largest less its smallest "
      "value. Bragg spots are peaks of this vector; rings and air scatter are gone. A small 1D "
      "network looks at nothing but these 720 numbers.</p>\n<figure>" +
          picture(result.frames) + "</figure>\n");
}

std::string training(const DemoResult& result) {
  double top = 0;
  std::vector<PlotPoint> train, validate;
  for (const EpochRecord& epoch : result.history) {
    train.push_back({double(epoch.epoch + 1), epoch.training_loss});
    validate.push_back({double(epoch.epoch + 1), epoch.validation_loss});
    top = std::max({top, epoch.training_loss, epoch.validation_loss});
  }
  Plot plot(0, double(result.history.size()), 0, std::min(top, 1.5), "epoch", "loss");
  plot.curve(train, class_colour(0), 1.8);
  plot.curve(validate, class_colour(2), 2.2);
  const auto kept = std::find_if(result.history.begin(), result.history.end(),
                                 [&](const auto& e) { return e.epoch == result.kept_epoch; });
  if (kept != result.history.end())
    plot.marker({double(kept->epoch + 1), kept->validation_loss}, "kept", {0.75, 0.15, 0.20});
  return fmt::format(
      "<figure>{}<figcaption><span class=\"dot\" style=\"background:{}\"></span>training "
      "&nbsp; <span class=\"dot\" style=\"background:{}\"></span>validation. Dropout and "
      "augmentation make training frames harder. The epoch that does "
      "best on the validation frames is kept.</figcaption></figure>\n",
      plot.svg(), css(class_colour(0)), css(class_colour(2)));
}

std::string confusion(const Metrics& metrics) {
  std::string out =
      "<table><tr><th>labelled</th><th>frames</th><th>decided miss</th><th>decided hit</th></tr>\n";
  for (int label = 2; label >= 0; --label) {
    const auto& row = metrics.by_class[size_t(label)];
    const auto cell = [&](int decided) {
      const int64_t count = row[size_t(decided)];
      const char* kind = (decided == 1) == (label > 0) ? "right" : count ? "wrong" : "wrong none";
      return fmt::format("<td class=\"{}\">{}</td>", kind, with_commas(count));
    };
    out += fmt::format(
        "<tr><td><span class=\"dot\" style=\"background:{}\"></span>{}</td><td>{}</td>{}{}</tr>\n",
        css(class_colour(label)), class_names[label], with_commas(row[0] + row[1]), cell(0),
        cell(1));
  }
  return out + "</table>\n";
}

std::string evaluation(const DemoResult& result) {
  const Evaluation& e = result.evaluation;
  std::string out = fmt::format(
      "<p>The threshold was chosen on the validation frames, aimed at a recall of {} there; a "
      "maybe (4 to 9 spots) counts as a hit.</p>\n<div class=\"two\">\n",
      result.min_recall);
  out += "<figure>" + score_histogram(e.scores, e.classes, e.threshold) +
         "<figcaption>Scores of the frames of each class. Each row is scaled to its own largest "
         "bin.</figcaption></figure>\n";
  out += fmt::format(
      "<figure>{}<figcaption>Precision over recall as the threshold moves; average precision "
      "{:.3f}. The point is where the hit list was made.</figcaption></figure>\n",
      precision_recall_plot(precision_recall_curve(e.scores, e.classes), e.metrics.recall(),
                            e.metrics.precision()),
      e.metrics.average_precision);
  out += training(result) + "<div>" + confusion(e.metrics) +
         "<p class=\"note\" style=\"margin-top:14px\">Decisions on the frames of the second run. "
         "Green: as labelled.</p></div>\n</div>\n";
  return section("How good it is", out);
}

std::string hit_list(const DemoResult& result) {
  std::string lines;
  for (const std::string& line : result.first_hits) lines += escaped(line) + "\n";
  lines += fmt::format("… {} lines in all", with_commas(result.screened.hits));
  return section(
      "The hit list",
      fmt::format("<p>{} of {} frames ({}) are worth keeping. CrystFEL reads the list as it is: "
                  "<code>indexamajig -i hits.lst …</code></p>\n<pre>{}</pre>\n",
                  with_commas(result.screened.hits), with_commas(result.screened.processed),
                  percentage(result.screened.hit_rate()), lines));
}

std::string own_data() {
  return section("With frames of your own",
                 "<p>Look at the frames, make a mask if there is none, label a few hundred, "
                 "train, screen:</p>\n<pre>hitsieve info run0020.cxi\n"
                 "hitsieve mask -i run0020.cxi -o mask.h5\n"
                 "hitsieve preview -i run0020.cxi --mask mask.h5 -o sheet.png\n"
                 "hitsieve train -i run0020.cxi --mask mask.h5 --labels labels.txt -o model.h5\n"
                 "hitsieve screen -m model.h5 -i run0021.cxi --mask mask.h5 -o hits.lst</pre>\n");
}

}  // namespace

std::string demo_page(const DemoResult& result) {
  return page_of("hitsieve: finding the hits of a run",
                 head(result) + steps(result) + frames(result) + evaluation(result) +
                     hit_list(result) + own_data() +
                     fmt::format("<p class=\"note\" style=\"margin-top:26px\">Made by hitsieve "
                                 "{}.</p>\n",
                                 version()));
}

}  // namespace hitsieve
