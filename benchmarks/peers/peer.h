// What the pieces of hitsieve_peer share: a named piece of work, where its data are, the networks.
#pragma once
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "engine/philox.h"
#include "nets/train.h"

namespace hitsieve::peer {

inline constexpr int64_t side = 724, length = 720;

/// What is timed, how many things it does at once, and what it gave.
struct Work {
  std::function<void()> run;
  int64_t items;
  std::function<std::vector<float>()> result;
};

struct Place {
  std::string folder;
  Device device;
  std::string path(const std::string& name) const { return folder + "/" + name; }
};

/// (N, one...): what is in the file, `copies` times over.
template <class T>
Tensor read(const Place& place, const std::string& name, const Shape& one, int copies = 1) {
  std::ifstream file(place.path(name), std::ios::binary | std::ios::ate);
  check(file.good(), place.path(name), ": cannot be read");
  std::vector<T> values(size_t(file.tellg()) / sizeof(T));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()), std::streamsize(values.size() * sizeof(T)));
  const size_t count = values.size();
  for (values.reserve(count * size_t(copies)); values.size() < count * size_t(copies);)
    values.push_back(values[values.size() - count]);
  const int64_t N = std::ssize(values) / one.count();
  return Tensor::of<T>(one.rank() == 1 ? Shape{N, one[0]} : Shape{N, one[0], one[1]}, values,
                       place.device);
}

template <class T>
void write(const Place& place, const std::string& name, const std::vector<T>& values) {
  std::ofstream file(place.path(name), std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             std::streamsize(values.size() * sizeof(T)));
  check<OutputError>(file.good(), place.path(name), ": cannot be written");
}

/// Random weights, and statistics of batch norm that differ, as those of a trained network do.
inline ConvNet network(const std::string& dimensions, Device device = Device::cpu,
                       bool dropout = true) {
  ConvNetOptions options = dimensions == "1d" ? rwd_network() : cnn_network();
  if (!dropout) {
    for (BlockOptions& block : options.blocks) block.dropout = 0;
    options.classifier.dropout = 0;
  }
  ConvNet net(options, {.seed = 1, .stream = 0, .device = device});
  Random random(2);
  net.visit([&](const std::string&, Tensor& tensor, Role role) {
    if (role != Role::statistic) return;
    std::vector<float> values;
    for (int64_t i = 0; i < tensor.count(); ++i) values.push_back(float(random.uniform(0.5, 1.5)));
    tensor.copy_from(Tensor::of<float>(tensor.shape(), values));
  });
  return net;
}

Work screen(const Place& place);            ///< raw frames in the device's memory to scores
Work screen_from_host(const Place& place);  ///< the same from memory that the device fetches from
Work copy(const Place& place);              ///< within the device's memory: items are bytes moved
Work copy_in(const Place& place);           ///< from host memory: items are bytes

}  // namespace hitsieve::peer
