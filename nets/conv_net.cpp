#include "nets/conv_net.h"

#include "kernels/pool1d.h"
#include "kernels/relu.h"

namespace hitsieve {
namespace {

std::string block_name(const std::string& prefix, size_t i) { return text(prefix, "/block/", i); }

}  // namespace

int64_t ConvNetOptions::features() const {
  int64_t channels = 1, left = length;
  for (const BlockOptions& block : blocks) channels = block.channels, left /= block.pool;
  return readout == Readout::flatten ? channels * left : channels;
}

int64_t ConvNetOptions::multiply_adds() const {
  int64_t channels = 1, left = length, total = 0;
  for (const BlockOptions& block : blocks) {
    total += channels * block.channels * block.kernel * left;
    channels = block.channels, left /= block.pool;
  }
  int64_t inputs = features();
  for (int64_t outputs : hidden) total += inputs * outputs, inputs = outputs;
  return total + inputs * classes;
}

void ConvNetOptions::save(Checkpoint& checkpoint, const std::string& prefix) const {
  checkpoint.set(prefix + "/length", double(length));
  checkpoint.set(prefix + "/blocks", double(blocks.size()));
  for (size_t i = 0; i < blocks.size(); ++i) {
    checkpoint.set(block_name(prefix, i) + "/channels", double(blocks[i].channels));
    checkpoint.set(block_name(prefix, i) + "/kernel", double(blocks[i].kernel));
    checkpoint.set(block_name(prefix, i) + "/pool", double(blocks[i].pool));
    checkpoint.set(block_name(prefix, i) + "/dropout", blocks[i].dropout);
  }
  checkpoint.set(prefix + "/readout",
                 std::string(readout == Readout::flatten ? "flatten" : "mean"));
  checkpoint.set(prefix + "/hidden_layers", double(hidden.size()));
  for (size_t i = 0; i < hidden.size(); ++i)
    checkpoint.set(text(prefix, "/hidden/", i), double(hidden[i]));
  checkpoint.set(prefix + "/dropout", dropout);
  checkpoint.set(prefix + "/classes", double(classes));
}

ConvNetOptions ConvNetOptions::load(const Checkpoint& checkpoint, const std::string& prefix) {
  auto size = [&](const std::string& name) {
    const int64_t value = checkpoint.integer(prefix + name);
    check(value >= 1 && value <= 1 << 20, checkpoint.path(), ": ", prefix, name, " is ", value);
    return value;
  };
  ConvNetOptions options;
  options.length = size("/length");
  for (int64_t i = 0, blocks = size("/blocks"); i < blocks; ++i) {
    const std::string block = text("/block/", i);
    options.blocks.push_back({size(block + "/channels"), size(block + "/kernel"),
                              size(block + "/pool"),
                              checkpoint.number(prefix + block + "/dropout")});
  }
  const std::string& readout = checkpoint.text(prefix + "/readout");
  check(readout == "flatten" || readout == "mean", checkpoint.path(), ": readout \"", readout,
        "\" is not known here");
  options.readout = readout == "flatten" ? Readout::flatten : Readout::mean;
  for (int64_t i = 0, hidden = checkpoint.integer(prefix + "/hidden_layers"); i < hidden; ++i)
    options.hidden.push_back(size(text("/hidden/", i)));
  options.dropout = checkpoint.number(prefix + "/dropout");
  options.classes = size("/classes");
  return options;
}

ConvNet::ConvNet(const ConvNetOptions& options, Initializer init) : options_(options) {
  int64_t channels = 1, left = options.length;
  for (const BlockOptions& block : options.blocks) {
    check(block.kernel % 2 == 1, "network: kernel ", block.kernel, " is even");
    check(left / block.pool > 0, "network: a vector of ", options.length,
          " is pooled away; use fewer blocks");
    blocks_.push_back({Conv1dLayer(channels, block.channels, block.kernel, init),
                       BatchNormLayer(block.channels, init)});
    channels = block.channels, left /= block.pool;
  }
  int64_t inputs = options.features();
  for (int64_t outputs : options.hidden) {
    classifier_.emplace_back(inputs, outputs, init);
    inputs = outputs;
  }
  classifier_.emplace_back(inputs, options.classes, init);
}

Tensor ConvNet::features(const Tensor& x, Mode& mode) const {
  check(x.shape().rank() == 2 && x.shape()[1] == options_.length, "network: x has shape ",
        x.shape(), ", expected (N, ", options_.length, ")");
  const int64_t N = x.shape()[0];
  Tensor y = x.reshaped({N, 1, options_.length});
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const int64_t pool = options_.blocks[i].pool;
    y = relu(blocks_[i].norm(blocks_[i].conv(y), mode));
    y = max_pool1d(y, {.kernel = pool, .stride = pool});
    y = apply_dropout(y, options_.blocks[i].dropout, mode);
  }
  if (options_.readout == Readout::mean) {
    const int64_t L = y.shape()[2];
    y = avg_pool1d(y, {.kernel = L, .stride = L});
  }
  return y.reshaped({N, y.shape().row()});
}

Tensor ConvNet::classify(const Tensor& features, Mode& mode) const {
  Tensor y = features;
  for (size_t i = 0; i < classifier_.size(); ++i) {
    y = classifier_[i](apply_dropout(y, options_.dropout, mode));
    if (i + 1 < classifier_.size()) y = relu(y);
  }
  return y;
}

void ConvNet::visit(const Visitor& visitor) {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    blocks_[i].conv.visit(text("base/", i, "/conv"), visitor);
    blocks_[i].norm.visit(text("base/", i, "/norm"), visitor);
  }
  for (size_t i = 0; i < classifier_.size(); ++i)
    classifier_[i].visit(text("classifier/", i), visitor);
}

ConvNet ConvNet::clone() const {
  ConvNet copy = *this;
  copy.visit([](const std::string&, Tensor& tensor, Role role) {
    tensor = tensor.clone().require_grad(role == Role::parameter);
  });
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
