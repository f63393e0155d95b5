#include "apps/paper_tables.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "apps/paper_runs.h"
#include "apps/report.h"
#include "data/dials_counts.h"

namespace hitsieve {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* measures[] = {"accuracy", "recall", "precision", "average_precision"};

/// Percent, as published for CXIDB entry 76 (accuracy, recall, precision).
struct Published {
  const char* set;
  double accuracy, recall, precision;
};
constexpr Published dials_published[] = {{"L498", 71.5, 12.9, 92.2},
                                         {"LG36", 94.5, 77.7, 83.5},
                                         {"LN84", 85.7, 69.9, 99.4},
                                         {"LN83", 97.0, 85.8, 99.4},
                                         {"LO19", 91.5, 80.6, 100}};

/// Mean and standard deviation (n - 1) of each measure; null where a seed has no number.
void add_measures(Json& row, const std::vector<Json>& tests) {
  for (const char* measure : measures) {
    std::vector<double> values;
    for (const Json& test : tests)
      if (test[measure].is_number()) values.push_back(test[measure].get<double>());
    const bool whole = values.size() == tests.size() && !values.empty();
    double mean = 0, squares = 0;
    for (double value : values) mean += value / double(values.size());
    for (double value : values) squares += (value - mean) * (value - mean);
    row[measure] = whole ? Json(mean) : Json();
    row[std::string(measure) + "_sd"] =
        whole && values.size() > 1 ? Json(std::sqrt(squares / double(values.size() - 1))) : Json();
  }
}

class Tables {
 public:
  Tables(const PaperOptions& options, const PaperData& data, const Results& results)
      : options_(options), data_(data), results_(results) {}

  Json all() {
    Json out;
    out["T1"] = within("T1", "2D CNN, sufficient training", true);
    out["T2"] = within("T2", "2D CNN, insufficient training", false);
    out["T3"] = transferred();
    out["T4"] = within("T4", "1D CNN on row-wise decomposition vectors", false);
    out["T5"] = adapted();
    out["T6"] = compared();
    out["T7"] = crossed();
    return out;
  }

 private:
  Json table(const std::string& title, const std::string& split) const {
    return {{"title", title},          {"data", data_.description()},   {"split", split},
            {"seeds", options_.seeds}, {"seed", options_.first_seed()}, {"rows", Json::array()}};
  }

  std::string order() const {
    return options_.seed ? "; frames shuffled by the seed" : "; frames in their order";
  }

  std::string split_text(const std::string& name) const {
    const int64_t n = data_.set(data_.main_names()[0]).size();
    const Split split = paper_split(options_, name, n, options_.first_seed());
    return fmt::format("{} train, {} validate, {} test, of {} frames{}", split.train.size(),
                       split.validate.size(), split.test.size(), n, order());
  }

  /// One experiment's tests on `target`, a seed each.
  std::vector<Json> tests(const std::string& name, const std::string& what,
                          const std::string& target) const {
    std::vector<Json> out;
    for (int64_t i = 0; i < options_.seeds; ++i) {
      const std::string key = paper_key(name, what, options_.first_seed() + uint64_t(i));
      out.push_back(results_.at(key).at("tests").at(target));
    }
    return out;
  }

  Json row(const std::string& method, const std::string& source, const std::string& target,
           const std::vector<Json>& of) const {
    Json out = {{"method", method}};
    if (source == target)
      out["set"] = target;
    else
      out["source"] = source, out["target"] = target;
    add_measures(out, of);
    Json confusion = Json::array();
    for (const Json& test : of) confusion.push_back(test["confusion"]);
    out["confusion"] = confusion;
    return out;
  }

  static void publish(Json& row, const char* measure, double percent) {
    row["published"][measure] = percent / 100;
  }

  /// The CNN of the paper that was trained on LN83 alone, on all frames of LO19.
  static void publish_cnn(Json& row, const std::string& source, const std::string& target) {
    if (source == "LN83" && target == "LO19") publish(row, "recall", 70.37);
  }

  Json within(const std::string& name, const std::string& title, bool others) const {
    Json out = table(title, split_text(name));
    const std::string method = name == "T4" ? "RWD 1D CNN" : "2D CNN";
    for (const std::string& set : name == "T4" ? data_.names() : data_.main_names()) {
      out["rows"].push_back(row(method, set, set, tests(name, set, set)));
      if (results_.contains("peaks/" + set)) out["rows"].push_back(peaks_row(name, set));
      if (name == "T4" && !data_.set(set).dials.empty()) out["rows"].push_back(dials_row(set));
      if (!others) continue;
      for (const std::string& other : data_.main_names()) {
        if (other == set) continue;
        out["rows"].push_back(row(method, set, other, tests(name, set, other)));
        publish_cnn(out["rows"].back(), set, other);
      }
    }
    return out;
  }

  /// The spot finder on the same test frames.
  Json peaks_row(const std::string& name, const std::string& set) const {
    const Json& result = results_.at("peaks/" + set);
    std::vector<Json> of;
    for (int64_t i = 0; i < options_.seeds; ++i) {
      const Split split =
          paper_split(options_, name, data_.set(set).size(), options_.first_seed() + uint64_t(i));
      std::vector<float> scores;
      std::vector<FrameClass> classes;
      for (int64_t frame : split.test) {
        scores.push_back(result["peaks"][size_t(frame)].get<float>());
        classes.push_back(FrameClass(data_.set(set).labels.of[size_t(frame)]));
      }
      of.push_back(metrics_json(measure(scores, classes, result["threshold"].get<double>())));
    }
    return row("spot finder (peakfinder8)", set, set, of);
  }

  Json dials_row(const std::string& set) const {
    const PaperSet& frames = data_.set(set);
    const DialsCounts counts = read_dials_counts(frames.dials, frames.size());
    std::vector<float> scores(counts.hit.begin(), counts.hit.end());
    std::vector<FrameClass> classes;
    for (Label label : frames.labels.of) classes.push_back(FrameClass(label));
    Json out = row("DIALS, all frames", set, set, {metrics_json(measure(scores, classes, 0.5))});
    for (const Published& known : dials_published) {
      if (known.set != set) continue;
      publish(out, "accuracy", known.accuracy), publish(out, "recall", known.recall);
      publish(out, "precision", known.precision);
    }
    return out;
  }

  template <class Body>
  void pairs(Body&& body) const {
    for (const std::string& source : data_.main_names())
      for (const std::string& target : data_.main_names())
        if (source != target) body(source, target);
  }

  Json transferred() const {
    Json out = table("Transfer learning: the bases of Table 1, 200 labels of the target",
                     "of the target: " + split_text("T3"));
    pairs([&](const std::string& source, const std::string& target) {
      out["rows"].push_back(
          row("transfer", source, target, tests("T3", source + "-" + target, target)));
    });
    out["means"] = {mean_row("transfer", "T3", true),
                    mean_row("2D CNN from scratch, as many labels (Table 2)", "T2", false)};
    return out;
  }

  Json adapted() const {
    Json out = table(
        "DANN, without labels of the target",
        "80 % of the source train, 20 % validate; tested on the whole target; DANN's threshold "
        "for a recall of 0.99 on the source's validation frames, the CNN's for 0.95" +
            order());
    pairs([&](const std::string& source, const std::string& target) {
      const std::string pair = source + "-" + target;
      out["rows"].push_back(row("DANN", source, target, tests("T5", pair, target)));
      if (pair == "LN83-LO19") publish(out["rows"].back(), "recall", 89.67);
      out["rows"].push_back(row("2D CNN of Table 1", source, target, tests("T1", source, target)));
      publish_cnn(out["rows"].back(), source, target);
    });
    out["means"] = {mean_row("DANN", "T5", true), crossed_mean_row("2D CNN of Table 1", "T1")};
    return out;
  }

  /// All tests of a table on targets of their own kind, for a mean over sets and seeds.
  Json mean_row(const std::string& method, const std::string& name, bool of_pairs) const {
    std::vector<Json> of;
    const auto append = [&](const std::string& what, const std::string& target) {
      for (const Json& test : tests(name, what, target)) of.push_back(test);
    };
    if (of_pairs)
      pairs([&](const std::string& a, const std::string& b) { append(a + "-" + b, b); });
    else
      for (const std::string& set : data_.main_names()) append(set, set);
    return mean_of(method, of);
  }

  /// Of trainings on one set, tested on each of the others.
  Json crossed_mean_row(const std::string& method, const std::string& name) const {
    std::vector<Json> of;
    pairs([&](const std::string& source, const std::string& target) {
      for (const Json& test : tests(name, source, target)) of.push_back(test);
    });
    return mean_of(method, of);
  }

  static Json mean_of(const std::string& method, const std::vector<Json>& of) {
    Json out = {{"method", method}};
    add_measures(out, of);
    return out;
  }

  Json compared() const {
    Json out =
        table("The methods compared",
              "means over the sets or pairs of Tables 1, 3, 4 and 5; sd over sets and seeds");
    const Json& speed = results_.at("speed");
    const auto add = [&](Json row, const char* labels, const char* preprocessing, bool extra,
                         const char* network) {
      row["labels_needed"] = labels, row["preprocessing"] = preprocessing;
      row["extra_data_set"] = extra;
      row["frames_per_second"] = speed[network];  // preprocessing and network, measured here
      const bool one_d = std::string(network) == "T4";
      row["published"]["frames_per_second"] = one_d ? 11123 : 126;  // an A100; network alone
      out["rows"].push_back(row);
    };
    add(mean_row("2D CNN, sufficient", "T1", false), "60 % of the set, 20 % to validate",
        "GCN, LCN", false, "T1");
    add(mean_row("transfer learning", "T3", true), "10 % of the set, 10 % to validate", "GCN, LCN",
        true, "T1");
    add(mean_row("RWD 1D CNN", "T4", false), "10 % of the set, 10 % to validate", "GCN, LCN, RWD",
        false, "T4");
    add(mean_row("DANN", "T5", true), "none of the target", "GCN, LCN", true, "T1");
    out["speed"] = fmt::format(
        "raw frames in memory to decisions, {} threads of this computer's "
        "CPU; published: the network alone on an A100",
        speed["threads"].get<int>());
    return out;
  }

  Json crossed() const {
    Json out =
        table("Across data sets without tuning: RWD 1D CNN, supervised 2D CNN",
              "trained as in Tables 4 and 1; tested on the whole of the other set" + order());
    pairs([&](const std::string& source, const std::string& target) {
      out["rows"].push_back(row("RWD 1D CNN", source, target, tests("T4", source, target)));
      out["rows"].push_back(row("2D CNN", source, target, tests("T1", source, target)));
      publish_cnn(out["rows"].back(), source, target);
    });
    return out;
  }

  const PaperOptions& options_;
  const PaperData& data_;
  const Results& results_;
};

}  // namespace

Json paper_tables(const PaperOptions& options, const PaperData& data, const Results& results) {
  return Tables(options, data, results).all();
}

std::string table_csv(const Json& table) {
  std::vector<std::string> columns;
  for (const Json& row : table.at("rows"))
    for (const auto& [name, value] : row.items())
      if (!value.is_structured() && std::ranges::find(columns, name) == columns.end())
        columns.push_back(name);
  std::string out;
  for (const std::string& name : columns) out += (out.empty() ? "" : ",") + name;
  out += "\n";
  for (const Json& row : table.at("rows")) {
    for (const std::string& name : columns) {
      if (name != columns.front()) out += ",";
      if (!row.contains(name) || row[name].is_null()) continue;
      out += row[name].dump();  // a text in quotes, as CSV takes it
    }
    out += "\n";
  }
  return out;
}

}  // namespace hitsieve
