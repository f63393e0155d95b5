#include "nets/model.h"

#include <charconv>
#include <set>

#include "engine/checkpoint.h"
#include "engine/shown.h"

namespace hitsieve {
namespace {

constexpr const char* kind = "model";
const std::set<std::string> known_methods = {"rwd", "cnn", "transfer", "dann"};

void save(const Preprocessing& p, Checkpoint& to) {
  to.set("preprocessing/crop", double(p.crop));
  to.set("preprocessing/lcn/window", double(p.lcn.window));
  to.set("preprocessing/lcn/kind", double(p.lcn.kind));
  to.set("preprocessing/lcn/floor", double(p.lcn.floor));
  to.set("preprocessing/lcn/floor_factor", p.lcn.floor_factor);
  to.set("preprocessing/lcn/sigma", p.lcn.sigma);
  to.set("preprocessing/baseline/reach", double(p.baseline.reach));
  to.set("preprocessing/baseline/step", double(p.baseline.step));
  to.set("preprocessing/noise/reach", double(p.noise.reach));
  to.set("preprocessing/noise/step", double(p.noise.step));
  to.set("preprocessing/noise/quantile", p.noise.quantile);
  to.set("preprocessing/noise/knee", p.noise.knee);
}

Preprocessing load_preprocessing(const Checkpoint& from) {
  Preprocessing p;
  p.crop = from.integer("preprocessing/crop");
  p.lcn.window = int(from.integer("preprocessing/lcn/window"));
  const int64_t window = from.integer("preprocessing/lcn/kind");
  const int64_t floor = from.integer("preprocessing/lcn/floor");
  check(
      p.crop > 0 && p.crop <= 1 << 15 && (window == 0 || window == 1) && (floor == 0 || floor == 1),
      from.path(), ": the preprocessing is not known here");
  p.lcn.kind = Window(window), p.lcn.floor = Floor(floor);
  p.lcn.floor_factor = from.number("preprocessing/lcn/floor_factor");
  p.lcn.sigma = from.number("preprocessing/lcn/sigma");
  p.baseline.reach = int(from.integer("preprocessing/baseline/reach"));
  p.baseline.step = int(from.integer("preprocessing/baseline/step"));
  p.noise.reach = int(from.integer("preprocessing/noise/reach"));
  p.noise.step = int(from.integer("preprocessing/noise/step"));
  p.noise.quantile = from.number("preprocessing/noise/quantile");
  p.noise.knee = from.number("preprocessing/noise/knee");
  window_weights(from.path().c_str(), p.lcn, p.crop, p.crop);
  baseline_sizes(from.path().c_str(), 1, p.length(), p.baseline);
  noise_sizes(from.path().c_str(), 1, p.length(), p.length(), p.noise);
  return p;
}

void save(const TrainingSettings& s, Checkpoint& to) {
  to.set("training/epochs", double(s.epochs));
  to.set("training/batch", double(s.batch));
  to.set("training/learning_rate", s.learning_rate);
  to.set("training/weight_decay", s.weight_decay);
  to.set("training/augmentation/reverse", s.augmentation.reverse);
  to.set("training/augmentation/shift", double(s.augmentation.shift));
  to.set("training/augmentation/turn", double(s.augmentation.turn));
}

TrainingSettings load_settings(const Checkpoint& from) {
  TrainingSettings s;
  s.epochs = from.integer("training/epochs");
  s.batch = from.integer("training/batch");
  s.learning_rate = from.number("training/learning_rate");
  s.weight_decay = from.number("training/weight_decay");
  s.augmentation.reverse = from.number("training/augmentation/reverse");
  s.augmentation.shift = from.integer("training/augmentation/shift");
  s.augmentation.turn = from.integer("training/augmentation/turn") != 0;
  return s;
}

void save(const Metrics& metrics, Checkpoint& to) {
  to.set("validation/frames", double(metrics.frames));
  to.set("validation/average_precision", metrics.average_precision);
  for (size_t label = 0; label < 3; ++label)
    for (size_t decided = 0; decided < 2; ++decided)
      to.set(text("validation/by_class/", label, '/', decided),
             double(metrics.by_class[label][decided]));
}

Metrics load_metrics(const Checkpoint& from) {
  Metrics metrics;
  metrics.frames = from.integer("validation/frames");
  metrics.average_precision = from.number("validation/average_precision");
  for (size_t label = 0; label < 3; ++label)
    for (size_t decided = 0; decided < 2; ++decided)
      metrics.by_class[label][decided] =
          from.integer(text("validation/by_class/", label, '/', decided));
  return metrics;
}

uint64_t load_seed(const Checkpoint& from) {
  const std::string& digits = from.text("seed");
  uint64_t seed = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  check(error == std::errc() && end == digits.data() + digits.size(), from.path(), ": seed \"",
        shown(digits), "\" is no number");
  return seed;
}

constexpr int64_t history_columns = 6;

Tensor history_tensor(const std::vector<EpochRecord>& history) {
  std::vector<double> rows;
  for (const EpochRecord& e : history)
    rows.insert(rows.end(), {double(e.epoch), e.training_loss, e.validation_loss,
                             e.validation_accuracy, e.domain_loss, e.domain_accuracy});
  return Tensor::of<double>({int64_t(history.size()), history_columns}, rows);
}

std::vector<EpochRecord> load_history(const Tensor& tensor) {
  std::vector<EpochRecord> history;
  const std::vector<double> rows = tensor.values<double>();
  for (size_t i = 0; i + history_columns <= rows.size(); i += history_columns)
    history.push_back(
        {int64_t(rows[i]), rows[i + 1], rows[i + 2], rows[i + 3], rows[i + 4], rows[i + 5]});
  return history;
}

Model load_parts(const Checkpoint& from) {
  const std::string& method = from.text("method");
  check(known_methods.contains(method), from.path(), ": method \"", shown(method),
        "\" is not known here");
  Model model(load_preprocessing(from),
              ConvNet(ConvNetOptions::load(from, "network"), Initializer{}));
  model.method = method;
  model.network.load(from, "network");
  model.calibration = {from.number("calibration/slope"), from.number("calibration/offset")};
  model.threshold = from.number("threshold");
  model.min_recall = from.number("min_recall");
  model.seed = load_seed(from);
  model.trained_on = from.ids("trained_on");
  model.validated_on = from.ids("validated_on");
  model.frames_source = from.text("frames_source");
  model.label_source = from.text("label_source");
  model.mask = from.text("mask");
  model.settings = load_settings(from);
  model.validation = load_metrics(from);
  model.history = load_history(from.tensor("history"));
  model.kept_epoch = from.integer("kept_epoch");
  model.written_by = from.written_by();
  constexpr std::string_view of_method = "training/of_method/";
  for (const auto& [name, number] : from.numbers())
    if (name.starts_with(of_method)) model.method_settings[name.substr(of_method.size())] = number;
  for (const auto& [name, tensor] : from.tensors())
    if (name.starts_with("optimizer/")) model.optimizer_state[name.substr(10)] = tensor;
  return model;
}

}  // namespace

void Model::save(const std::string& path, bool overwrite) {
  Checkpoint to(kind);
  to.set("method", method);
  hitsieve::save(preprocessing, to);
  network.save(to, "network");
  to.set("calibration/slope", calibration.slope);
  to.set("calibration/offset", calibration.offset);
  to.set("threshold", threshold);
  to.set("min_recall", min_recall);
  to.set("seed", text(seed));  // as text: a double does not hold every 64-bit seed
  to.set("trained_on", trained_on);
  to.set("validated_on", validated_on);
  to.set("frames_source", frames_source);
  to.set("label_source", label_source);
  to.set("mask", mask);
  hitsieve::save(settings, to);
  for (const auto& [name, number] : method_settings) to.set("training/of_method/" + name, number);
  hitsieve::save(validation, to);
  to.set("history", history_tensor(history));
  to.set("kept_epoch", double(kept_epoch));
  for (const auto& [name, tensor] : optimizer_state) to.set("optimizer/" + name, tensor);
  to.save(path, overwrite);
}

Model Model::load(const std::string& path) { return load(Checkpoint::load(path, kind)); }

Model Model::load(const std::string& name, std::span<const std::byte> image) {
  return load(Checkpoint::load(name, image, kind));
}

Model Model::load(const Checkpoint& from) {
  try {
    return load_parts(from);
  } catch (const Error& error) {  // of a network or a kernel, which do not know of the file
    const std::string why = error.what();
    throw Error(why.starts_with(from.path()) ? why : from.path() + ": " + why);
  }
}

}  // namespace hitsieve
