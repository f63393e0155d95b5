#include "apps/paper_trainings.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include <spdlog/fmt/fmt.h>

#include "apps/decider.h"
#include "apps/interrupt.h"
#include "apps/paper_runs.h"
#include "apps/progress.h"
#include "apps/report.h"
#include "apps/scoring.h"
#include "data/frame_reader.h"
#include "engine/parallel.h"
#include "nets/dann.h"
#include "nets/screener.h"
#include "nets/tsne.h"

namespace hitsieve {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t quick_epochs_dann = 8, most_of_tsne = 400;

Json history_json(const Model& model) {
  Json out = Json::array();
  for (const EpochRecord& e : model.history)
    out.push_back({{"training_loss", e.training_loss},
                   {"validation_loss", e.validation_loss},
                   {"validation_accuracy", e.validation_accuracy},
                   {"domain_loss", e.domain_loss},
                   {"domain_accuracy", e.domain_accuracy}});
  return out;
}

Json tested(const Model& model, const LabelledFrames& frames) {
  const Screener screener(model);
  std::vector<float> scores;
  for (float z : screener.log_odds(frames.x)) scores.push_back(screener.score(z));
  return metrics_json(measure(scores, frames.classes, model.threshold));
}

}  // namespace

Json PaperTrainings::supervised(const std::string& table, const std::string& name, uint64_t seed) {
  TrainOptions settings = method_options(table == "T4" ? "rwd" : "cnn");
  const bool images = table != "T4";
  complete(settings, seed, name);
  const Split split = paper_split(options_, table, data_.set(name).size(), seed);
  const Model model = train(data_.take(name, images, split.train),
                            data_.take(name, images, split.validate), settings);
  model_file(model, paper_key(table, name, seed));
  Json out = described(model, split);
  out["tests"][name] = tested(model, data_.take(name, images, split.test));
  if (table == "T2") return out;
  for (const std::string& other : images ? data_.main_names() : data_.names())
    if (other != name) out["tests"][other] = tested(model, data_.all(other, images));
  return out;
}

Json PaperTrainings::transferred(const std::string& source, const std::string& target,
                                 uint64_t seed) {
  const Model base = Model::load(paper_model(options_, paper_key("T1", source, seed)));
  TransferOptions settings(base.network.options());
  complete(settings, seed, target);
  settings.fine_tuning.epochs = settings.settings.epochs;
  const Split split = paper_split(options_, "T3", data_.set(target).size(), seed);
  const Model model = transfer(base, data_.take(target, true, split.train),
                               data_.take(target, true, split.validate), settings);
  Json out = described(model, split);
  out["tests"][target] = tested(model, data_.take(target, true, split.test));
  return out;
}

Json PaperTrainings::adapted(const std::string& source, const std::string& target, uint64_t seed) {
  DannOptions settings(2);
  complete(settings, seed, source);
  const int64_t all = data_.set(source).size();
  const Split split = split_frames(all, {all - all / 5, all / 5, 0}, shuffle(seed));
  const LabelledFrames whole = data_.all(target, true);
  const Model model =
      train_dann(data_.take(source, true, split.train), data_.take(source, true, split.validate),
                 {whole.x, {}, whole.ids}, settings);
  model_file(model, paper_key("T5", source + "-" + target, seed));
  Json out = described(model, split);
  out["test"] = data_.set(target).size();
  out["tests"][target] = tested(model, whole);
  return out;
}

Json PaperTrainings::peaks(const std::string& name) {
  DeciderOptions options;
  options.method = "peaks";
  const Decider decider(options);
  Json counts = Json::array();
  score_frames(data_.set(name).frames, decider, {.what = "counting peaks in " + name},
               [&](const ScoredFrame& frame) { counts.push_back(frame.decision.score); });
  return {{"threshold", decider.threshold()}, {"how", decider.name()}, {"peaks", counts}};
}

Json PaperTrainings::speed(const std::string& name, uint64_t seed) {
  std::vector<ReadFrame> frames(size_t(std::min<int64_t>(64, data_.set(name).size())));
  FrameReader reader(data_.set(name).frames, {.threads = threads()});
  for (ReadFrame& frame : frames) reader.next(frame);
  Json out;
  for (const char* table : {"T1", "T4"}) {
    const Screener screener(Model::load(paper_model(options_, paper_key(table, name, seed))));
    const auto pass = [&] {
      parallel_for(std::ssize(frames), 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          Decision decision;
          screener.screen(raw_frames(frames[size_t(i)].frame), {&decision, 1});
        }
      });
    };
    pass();  // fills the buffers
    int64_t done = 0;
    const auto start = std::chrono::steady_clock::now();
    std::chrono::duration<double> took{};
    for (; took.count() < 0.5; took = std::chrono::steady_clock::now() - start) {
      poll_interrupt();
      pass();
      done += std::ssize(frames);
    }
    out[table] = double(done) / took.count();
  }
  out["threads"] = threads();
  return out;
}

Json PaperTrainings::embedded(const std::string& source, const std::string& target, uint64_t seed) {
  Json out = {{"source", source}, {"target", target}, {"seed", seed}};
  for (const auto& [table, what] : {std::pair("T5", source + "-" + target), {"T1", source}}) {
    const Model model = Model::load(paper_model(options_, paper_key(table, what, seed)));
    std::vector<float> x;
    Json points = Json::array();
    for (const std::string& name : {source, target}) append_features(model, name, x, points);
    const int64_t n = std::ssize(points), width = model.network.options().features();
    TsneOptions options;
    options.seed = seed, options.perplexity = std::min(30.0, double(n - 1) / 3);
    Progress progress(std::string("t-SNE of ") + table, options.iterations, "iterations");
    options.progress = [&](int64_t done, int64_t) { progress.update(done); };
    const std::vector<float> y = tsne(Tensor::of<float>({n, width}, x), options).y.values<float>();
    for (size_t i = 0; i < points.size(); ++i)
      points[i]["x"] = y[2 * i], points[i]["y"] = y[2 * i + 1];
    out[table] = points;
  }
  return out;
}

std::optional<uint64_t> PaperTrainings::shuffle(uint64_t seed) const {
  return options_.seed ? std::optional(seed) : std::nullopt;
}

void PaperTrainings::complete(TrainOptions& settings, uint64_t seed, const std::string& name) {
  settings.seed = seed;
  settings.frames_source = data_.description() + " " + name;
  settings.label_source = data_.set(name).labels.source;
  int64_t& epochs = settings.settings.epochs;
  if (options_.quick && settings.method == "dann") epochs = quick_epochs_dann;
  epochs = options_.epochs.value_or(epochs);
  const auto progress = std::make_shared<std::unique_ptr<Progress>>();
  settings.progress = [progress](const EpochRecord& record, int64_t all) {
    if (!*progress) *progress = std::make_unique<Progress>("training", all, "epochs");
    (*progress)->update(record.epoch + 1);
  };
}

void PaperTrainings::model_file(Model model, const std::string& key) const {
  const std::string path = paper_model(options_, key);
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  model.save(path, true);
}

Json PaperTrainings::described(const Model& model, const Split& split) {
  return {{"seed", model.seed},
          {"train", split.train.size()},
          {"validate", split.validate.size()},
          {"test", split.test.size()},
          {"threshold", model.threshold},
          {"kept_epoch", model.kept_epoch + 1},
          {"history", history_json(model)},
          {"tests", Json::object()}};
}

void PaperTrainings::append_features(const Model& model, const std::string& name,
                                     std::vector<float>& x, Json& points) {
  const int64_t all = data_.set(name).size(), n = std::min(all, most_of_tsne);
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < n; ++i) indices.push_back(i * all / n);
  const LabelledFrames frames = data_.take(name, true, indices);
  const Examples examples(frames, model.preprocessing.baseline, Device::cpu);
  for (int64_t first = 0; first < n; first += 16) {
    Mode inference;
    const Tensor batch = examples.batch(first, std::min<int64_t>(16, n - first));
    const std::vector<float> y = model.network.features(batch, inference).values<float>();
    x.insert(x.end(), y.begin(), y.end());
  }
  for (FrameClass c : frames.classes) points.push_back({{"set", name}, {"class", int(c)}});
}

}  // namespace hitsieve
