#include "nets/conv_net.h"

#include <cmath>

#include "engine/shown.h"
#include "kernels/pool1d.h"
#include "kernels/pool2d.h"
#include "kernels/relu.h"

namespace hitsieve {
namespace {

std::string block_name(const std::string& prefix, size_t i) { return text(prefix, "/block/", i); }

/// Side of the base's output.
int64_t last_side(const ConvNetOptions& options) {
  int64_t side = options.length;
  for (const BlockOptions& block : options.blocks) side = block.pooled(side, options.dimensions);
  return side;
}

std::vector<ConvNet::Block> base(const ConvNetOptions& options, Initializer& init) {
  check(options.dimensions == 1 || options.dimensions == 2, "network: of ", options.dimensions,
        " dimensions, expected 1 or 2");
  std::vector<ConvNet::Block> blocks;
  int64_t channels = 1, side = options.length;
  for (const BlockOptions& block : options.blocks) {
    check(block.kernel % 2 == 1, "network: kernel ", block.kernel, " is even");
    side = block.pooled(side, options.dimensions);
    check(side > 0, "network: an input of ", options.length, " is pooled away; use fewer blocks");
    blocks.push_back(
        {ConvLayer(options.dimensions, channels, block.channels, block.kernel, block.stride, init),
         BatchNormLayer(block.channels, init)});
    channels = block.channels;
  }
  return blocks;
}

/// Error unless the checkpoint has the weights that the options speak of: what a file says of sizes
/// is believed only where it has as many values, and so memory is bounded by the file's.
void check_weights(const ConvNetOptions& options, const Checkpoint& from,
                   const std::string& prefix) {
  int64_t inputs = 1;
  for (size_t i = 0; i < options.blocks.size(); ++i) {
    const int64_t K = options.blocks[i].channels, W = options.blocks[i].kernel;
    from.tensor(text(prefix, "/base/", i, "/conv/weight"),
                options.dimensions == 2 ? Shape{K, inputs, W, W} : Shape{K, inputs, W});
    inputs = K;
  }
  inputs = options.features();
  std::vector<int64_t> layers = options.classifier.hidden;
  layers.push_back(options.classifier.classes);
  for (size_t i = 0; i < layers.size(); ++i) {
    from.tensor(text(prefix, "/classifier/", i, "/weight"), {layers[i], inputs});
    inputs = layers[i];
  }
}

}  // namespace

int64_t BlockOptions::pooled(int64_t side, int dimensions) const {
  const int64_t room = convolved(side) + 2 * pool_padding() - pool;
  if (side < 1 || (dimensions == 1 && room < 0)) return 0;
  const bool over = dimensions == 2 && room % pool_stride != 0;  // ceil mode
  const int64_t windows = room / pool_stride + over + 1;
  // A window that would start beyond the input sees nothing.
  return (windows - 1) * pool_stride - pool_padding() < convolved(side) ? windows : windows - 1;
}

Shape ConvNetOptions::input(int64_t N) const {
  return dimensions == 2 ? Shape{N, length, length} : Shape{N, length};
}

int64_t ConvNetOptions::features() const {
  const int64_t channels = blocks.empty() ? 1 : blocks.back().channels, side = last_side(*this);
  return readout == Readout::mean ? channels : channels * (dimensions == 2 ? side * side : side);
}

int64_t ConvNetOptions::multiply_adds() const {
  const auto area = [&](int64_t side) { return dimensions == 2 ? side * side : side; };
  int64_t channels = 1, side = length, total = 0;
  for (const BlockOptions& block : blocks) {
    total += channels * block.channels * area(block.kernel) * area(block.convolved(side));
    channels = block.channels, side = block.pooled(side, dimensions);
  }
  int64_t inputs = features();
  for (int64_t outputs : classifier.hidden) total += inputs * outputs, inputs = outputs;
  return total + inputs * classifier.classes;
}

void ConvNetOptions::save(Checkpoint& checkpoint, const std::string& prefix) const {
  checkpoint.set(prefix + "/dimensions", double(dimensions));
  checkpoint.set(prefix + "/length", double(length));
  checkpoint.set(prefix + "/blocks", double(blocks.size()));
  for (size_t i = 0; i < blocks.size(); ++i) {
    const std::string name = block_name(prefix, i);
    checkpoint.set(name + "/channels", double(blocks[i].channels));
    checkpoint.set(name + "/kernel", double(blocks[i].kernel));
    checkpoint.set(name + "/stride", double(blocks[i].stride));
    checkpoint.set(name + "/pool", double(blocks[i].pool));
    checkpoint.set(name + "/pool_stride", double(blocks[i].pool_stride));
    checkpoint.set(name + "/dropout", blocks[i].dropout);
  }
  checkpoint.set(prefix + "/readout",
                 std::string(readout == Readout::flatten ? "flatten" : "mean"));
  checkpoint.set(prefix + "/hidden_layers", double(classifier.hidden.size()));
  for (size_t i = 0; i < classifier.hidden.size(); ++i)
    checkpoint.set(text(prefix, "/hidden/", i), double(classifier.hidden[i]));
  checkpoint.set(prefix + "/dropout", classifier.dropout);
  checkpoint.set(prefix + "/classes", double(classifier.classes));
}

ConvNetOptions ConvNetOptions::load(const Checkpoint& checkpoint, const std::string& prefix) {
  auto size = [&](const std::string& name) {
    const int64_t value = checkpoint.integer(prefix + name);
    check(value >= 1 && value <= 1 << 20, checkpoint.path(), ": ", prefix, name, " is ", value);
    return value;
  };
  ConvNetOptions options;
  options.dimensions = int(size("/dimensions"));
  options.length = size("/length");
  for (int64_t i = 0, blocks = size("/blocks"); i < blocks; ++i) {
    const std::string block = text("/block/", i);
    options.blocks.push_back({.channels = size(block + "/channels"),
                              .kernel = size(block + "/kernel"),
                              .stride = size(block + "/stride"),
                              .pool = size(block + "/pool"),
                              .pool_stride = size(block + "/pool_stride"),
                              .dropout = checkpoint.number(prefix + block + "/dropout")});
  }
  const std::string& readout = checkpoint.text(prefix + "/readout");
  check(readout == "flatten" || readout == "mean", checkpoint.path(), ": readout \"",
        shown(readout), "\" is not known here");
  options.readout = readout == "flatten" ? Readout::flatten : Readout::mean;
  for (int64_t i = 0, hidden = checkpoint.integer(prefix + "/hidden_layers"); i < hidden; ++i)
    options.classifier.hidden.push_back(size(text("/hidden/", i)));
  options.classifier.dropout = checkpoint.number(prefix + "/dropout");
  options.classifier.classes = size("/classes");
  check_weights(options, checkpoint, prefix);
  return options;
}

ConvNet::ConvNet(const ConvNetOptions& options, Initializer init)
    : options_(options),
      blocks_(base(options, init)),
      classifier_(options.features(), options.classifier, init) {}

Pool2dOptions ConvNet::pool_of(const BlockOptions& block) const {
  const int64_t kernel = block.pool, stride = block.pool_stride, padding = block.pool_padding();
  if (options_.dimensions == 1)
    return {.kernel = {1, kernel}, .stride = {1, stride}, .padding = {0, padding}};
  return {.kernel = kernel, .stride = stride, .padding = padding, .ceil_mode = true};
}

Tensor ConvNet::after_convolution(const Tensor& x, size_t i, const Mode& mode) const {
  const Pool2dOptions pool = pool_of(options_.blocks[i]);
  if (!folded_) return blocks_[i].norm(x, pool, mode);
  const bool pools = options_.blocks[i].pool > 1 || options_.blocks[i].pool_stride > 1;
  return relu(pools ? max_pool2d(x, pool) : x);  // the same as ReLU before the pool, and cheaper
}

Tensor ConvNet::features(const Tensor& x, Mode& mode) const {
  const int64_t N = x.shape().rank() > 0 ? x.shape()[0] : 0, length = options_.length;
  check(x.shape() == options_.input(N), "network: x has shape ", x.shape(), ", expected (N, ",
        length, options_.dimensions == 2 ? text(", ", length) : "", ")");
  Tensor y = x.reshaped(options_.dimensions == 2 ? Shape{N, 1, options_.length, options_.length}
                                                 : Shape{N, 1, options_.length});
  check(!folded_ || !mode.training, "network: folded for inference, it cannot be trained");
  Mode inference;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    Mode& of_block = int64_t(i) < frozen_ ? inference : mode;
    y = blocks_[i].conv(y);
    const Shape rows = y.shape();  // a vector's (N, C, L) is an image of one row
    if (rows.rank() == 3) y = y.reshaped({N, rows[1], 1, rows[2]});
    y = after_convolution(y, i, of_block);
    if (rows.rank() == 3) y = y.reshaped({N, rows[1], y.shape()[3]});
    y = apply_dropout(y, options_.blocks[i].dropout, of_block);
  }
  if (options_.readout == Readout::mean) {
    const int64_t C = y.shape()[1], L = y.shape().row() / C;
    y = avg_pool1d(y.reshaped({N, C, L}), {.kernel = L, .stride = L});
  }
  return y.reshaped({N, y.shape().row()});
}

void ConvNet::freeze(int64_t blocks) {
  check(blocks >= 0 && blocks <= std::ssize(blocks_), "network: ", blocks, " blocks of ",
        blocks_.size(), " cannot be frozen");
  frozen_ = blocks;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const auto mark = [&](const std::string&, Tensor& tensor, Role role) {
      if (role == Role::parameter) tensor.require_grad(int64_t(i) >= blocks);
    };
    blocks_[i].conv.visit("", mark), blocks_[i].norm.visit("", mark);
  }
}

void ConvNet::replace_classifier(const ClassifierOptions& options, Initializer init) {
  options_.classifier = options;
  classifier_ = Classifier(options_.features(), options, init);
}

void ConvNet::visit(const Visitor& visitor) {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    blocks_[i].conv.visit(text("base/", i, "/conv"), visitor);
    blocks_[i].norm.visit(text("base/", i, "/norm"), visitor);
  }
  classifier_.visit("classifier", visitor);
}

std::vector<NamedTensor> ConvNet::parameters() {
  std::vector<NamedTensor> found;
  visit([&](const std::string& name, Tensor& tensor, Role role) {
    if (role == Role::parameter && tensor.requires_grad()) found.push_back({name, tensor});
  });
  return found;
}

ConvNet ConvNet::clone() const {
  ConvNet copy = *this;
  copy.visit([](const std::string&, Tensor& tensor, Role) {
    tensor = tensor.clone().require_grad(tensor.requires_grad());
  });
  return copy;
}

ConvNet ConvNet::folded() const {
  ConvNet copy = clone();
  if (folded_) return copy;
  copy.visit(
      [](const std::string&, Tensor& tensor, Role) { tensor = tensor.to(Device::cpu).detached(); });
  for (Block& block : copy.blocks_) {
    const int64_t K = block.conv.bias.count(), row = block.conv.weight.shape().row();
    float *weight = block.conv.weight.data<float>(), *bias = block.conv.bias.data<float>();
    const float *scale = block.norm.weight.data<float>(), *shift = block.norm.bias.data<float>();
    const float *mean = block.norm.mean.data<float>(),
                *variance = block.norm.variance.data<float>();
    for (int64_t k = 0; k < K; ++k) {
      const double g = double(scale[k]) / std::sqrt(double(variance[k]) + block.norm.epsilon);
      for (int64_t i = k * row; i < (k + 1) * row; ++i) weight[i] = float(double(weight[i]) * g);
      bias[k] = float((double(bias[k]) - double(mean[k])) * g + double(shift[k]));
    }
  }
  copy.folded_ = true;
  return copy;
}

void ConvNet::save(Checkpoint& checkpoint, const std::string& prefix) {
  options_.save(checkpoint, prefix);
  visit([&](const std::string& name, Tensor& tensor, Role) {
    checkpoint.set(prefix + "/" + name, tensor);
  });
}

void ConvNet::load(const Checkpoint& checkpoint, const std::string& prefix) {
  visit([&](const std::string& name, Tensor& tensor, Role) {
    tensor.copy_from(checkpoint.tensor(prefix + "/" + name, tensor.shape()));
  });
}

}  // namespace hitsieve
