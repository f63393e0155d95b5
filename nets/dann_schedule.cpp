// How lambda and the learning rate go, and when a DANN counts as trained.
#include <algorithm>
#include <cmath>

#include "nets/dann.h"

namespace hitsieve {
namespace {

/// A straight line through y(0), y(1), ...: how far it goes, and the scatter around it.
struct Trend {
  double mean = 0, drift = 0, scatter = 0;

  explicit Trend(const std::vector<double>& y) {
    const double n = double(y.size()), middle = (n - 1) / 2;
    double xy = 0, xx = 0;
    for (double v : y) mean += v / n;
    for (size_t i = 0; i < y.size(); ++i) {
      xy += (double(i) - middle) * (y[i] - mean);
      xx += (double(i) - middle) * (double(i) - middle);
    }
    const double slope = xy / xx;
    drift = std::abs(slope) * n;
    for (size_t i = 0; i < y.size(); ++i)
      scatter += std::pow(y[i] - mean - slope * (double(i) - middle), 2) / n;
    scatter = std::sqrt(scatter);
  }
};

}  // namespace

bool is_trained(std::span<const EpochRecord> history, const StopOptions& options) {
  if (std::ssize(history) < options.window) return false;
  const auto recent = history.last(size_t(options.window));
  const auto trend = [&](double EpochRecord::*what) {
    std::vector<double> y;
    for (const EpochRecord& record : recent) y.push_back(record.*what);
    return Trend(y);
  };
  const Trend loss = trend(&EpochRecord::validation_loss);
  const Trend accuracy = trend(&EpochRecord::validation_accuracy);
  const Trend domain_loss = trend(&EpochRecord::domain_loss);
  const Trend domain_accuracy = trend(&EpochRecord::domain_accuracy);
  const bool plateaus = loss.drift <= options.plateau * std::max(loss.mean, 0.1) + loss.scatter &&
                        accuracy.drift <= options.plateau + accuracy.scatter;
  const bool oscillations = domain_loss.drift <= options.oscillation * domain_loss.scatter &&
                            domain_accuracy.drift <= options.oscillation * domain_accuracy.scatter;
  return plateaus && oscillations;
}

double dann_lambda(double progress) { return 2 / (1 + std::exp(-10 * progress)) - 1; }

double dann_learning_rate(double mu0, double progress) {
  return mu0 / std::pow(1 + 10 * progress, 0.75);
}

}  // namespace hitsieve
