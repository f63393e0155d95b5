#include "apps/paper_page.h"

#include <limits>

#include <spdlog/fmt/fmt.h>

#include "apps/page.h"
#include "apps/plot.h"
#include "apps/progress.h"
#include "engine/checkpoint.h"

namespace hitsieve {
namespace {

using Json = nlohmann::ordered_json;

/// "89.7 %", with "± 1.2" where there is a spread.
std::string measured(const Json& row, const std::string& name) {
  if (!row.contains(name) || !row[name].is_number()) return "–";
  std::string out = percentage(row[name].get<double>());
  const Json spread = row.value(name + "_sd", Json());
  if (spread.is_number()) out += fmt::format(" ± {:.1f}", 100 * spread.get<double>());
  return "<span class=\"n\">" + out + "</span>";
}

std::string sets(const Json& row) {
  if (row.contains("set")) return escaped(row["set"].get<std::string>());
  if (!row.contains("source")) return "";
  return escaped(row["source"].get<std::string>() + " → " + row["target"].get<std::string>());
}

/// What is known of the same number in print: "recall 89.7 %".
std::string published(const Json& row) {
  std::string out;
  if (!row.contains("published")) return out;
  for (const auto& [name, value] : row["published"].items()) {
    if (!out.empty()) out += ", ";
    out += "<span class=\"n\">" +
           (name == "frames_per_second" ? with_commas(int64_t(value.get<double>())) + " frames/s"
                                        : name + " " + percentage(value.get<double>())) +
           "</span>";
  }
  return out;
}

std::string cell(const std::string& content) { return "<td>" + content + "</td>"; }

std::string comparison_cells(const Json& row) {
  return cell(escaped(row["labels_needed"].get<std::string>())) +
         cell(escaped(row["preprocessing"].get<std::string>())) +
         cell(row["extra_data_set"].get<bool>() ? "yes" : "no") +
         cell(with_commas(int64_t(row["frames_per_second"].get<double>())));
}

std::string table_section(const std::string& name, const Json& table) {
  const bool comparison = name == "T6";
  std::string out = fmt::format(
      "<p class=\"note\">Data: {}. Split: {}. {} from {} on.{}</p>\n<table{}>\n"
      "<tr><th>method</th>",
      escaped(table["data"].get<std::string>()), escaped(table["split"].get<std::string>()),
      table["seeds"] == 1 ? "One seed" : fmt::format("{} seeds", table["seeds"].get<int64_t>()),
      table["seed"].get<uint64_t>(),
      comparison ? " Speed: " + escaped(table["speed"].get<std::string>()) + "." : "",
      comparison ? " class=\"wide\"" : "");
  out += comparison ? "<th>labels needed</th><th>preprocessing</th><th>extra data set</th>"
                      "<th>frames/s</th>"
                    : "<th>set</th>";
  out +=
      "<th>accuracy</th><th>recall</th><th>precision</th><th title=\"the area under precision over "
      "recall, for all thresholds\">average precision</th><th>published</th></tr>\n";
  const auto line = [&](const Json& row, const std::string& what) {
    out += "<tr>" + cell(escaped(row["method"].get<std::string>())) + what +
           cell(measured(row, "accuracy")) + cell("<b>" + measured(row, "recall") + "</b>") +
           cell(measured(row, "precision")) + cell(measured(row, "average_precision")) +
           cell(published(row)) + "</tr>\n";
  };
  for (const Json& row : table["rows"])
    line(row,
         comparison ? comparison_cells(row) : cell("<span class=\"n\">" + sets(row) + "</span>"));
  if (table.contains("means"))
    for (const Json& row : table["means"]) line(row, cell("<b>mean</b>"));
  return section(
      fmt::format("Table {}. {}", name.substr(1), escaped(table["title"].get<std::string>())),
      out + "</table>\n");
}

std::string head(const PaperOptions& options, const PaperData& data) {
  std::string names;
  for (const std::string& name : data.names())
    names += fmt::format("{}{} ({} frames)", names.empty() ? "" : ", ", name,
                         with_commas(data.set(name).size()));
  std::string what = options.data.empty()
                         ? "All frames here are <b>simulated</b>, in the likeness of sets of CXIDB "
                           "entry 76; published numbers are of the measured sets"
                         : "Frames of CXIDB entry 76";
  if (options.quick) what += ". A quick run: few epochs, numbers to be taken lightly";
  return fmt::format(
      "<h1>Weakly supervised classification of diffraction frames</h1>\n<p class=\"lead\">The "
      "experiments of the paper, repeated. {}. Sets: {}.</p>\n<p>Maybe counts as hit. Recall: of "
      "the frames labelled maybe or hit, those found. Precision: of the frames decided hit, those "
      "labelled so; both at the score that the validation frames gave. Average precision needs no "
      "such score. ± is the standard deviation over the seeds; of a mean, over sets or pairs "
      "too.</p>\n",
      what, names);
}

constexpr const char* print_style =
    "<style>@page { margin:14mm } @media print { body { background:#fff; font-size:11pt } "
    "main { padding:0 } tr, figure { break-inside:avoid } section { border:0; padding:8px 0 } } "
    "main { max-width:1180px } figcaption b { color:var(--ink) } "
    ".n { white-space:nowrap } td:first-child { min-width:12em } table.wide { font-size:13px } "
    "table.wide td, table.wide th { padding-left:5px; padding-right:5px } "
    "table.wide td:first-child { min-width:6em } .three { display:grid; "
    "grid-template-columns:repeat(3,1fr); "
    "gap:18px }</style>\n";

}  // namespace

std::string paper_page(const PaperOptions& options, const PaperData& data, const Json& tables,
                       const std::string& figures) {
  std::string content = print_style + head(options, data);
  for (const auto& [name, table] : tables.items()) content += table_section(name, table);
  content += section("Figures", figures);
  content += fmt::format("<p class=\"note\" style=\"margin-top:26px\">Made by hitsieve {}.</p>\n",
                         version());
  return page_of("hitsieve: the paper's tables and figures", content);
}

}  // namespace hitsieve
