// A model file in good order, of any content: each 12 bytes of an input change a number, a tensor
// or a text of a small model, which is then loaded and made ready to screen.
#include <cstring>

#include "engine/checkpoint.h"
#include "nets/screener.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_model.h"

using namespace hitsieve;

namespace {

constexpr size_t change_bytes = 12;  // what, which, two that are free, 8 of a value

Checkpoint small_checkpoint() {
  const std::string bytes = fuzz::model_bytes();
  return Checkpoint::load("fuzz.h5", std::as_bytes(std::span(bytes)), "model");
}

template <class Map>
std::string name_of(const Map& map, uint8_t which) {
  return std::next(map.begin(), which % map.size())->first;
}

Tensor tensor_of(const uint8_t* sizes, int rank) {
  const int64_t a = sizes[0], b = sizes[1], c = sizes[2], d = sizes[3] % 4;
  return Tensor(rank == 0   ? Shape{}
                : rank == 1 ? Shape{a}
                : rank == 2 ? Shape{a, b}
                : rank == 3 ? Shape{a, b, c % 16}
                            : Shape{a, b, c % 4, d},
                DType::f32, Device::cpu);
}

void change(Checkpoint& checkpoint, const uint8_t* bytes) {
  const uint8_t what = bytes[0] % 4, which = bytes[1];
  double number = 0;
  std::memcpy(&number, bytes + 4, sizeof number);
  if (what == 0) checkpoint.set(name_of(checkpoint.numbers(), which), number);
  if (what == 1) checkpoint.set(name_of(checkpoint.numbers(), which), double(int8_t(bytes[4])));
  if (what == 2) {
    Tensor tensor = tensor_of(bytes + 4, bytes[2] % 5);
    tensor.fill(bytes[3]);
    checkpoint.set(name_of(checkpoint.tensors(), which), tensor);
  }
  if (what == 3)
    checkpoint.set(name_of(checkpoint.texts(), which),
                   std::string(reinterpret_cast<const char*>(bytes + 4), bytes[2] % 9));
}

std::string change_of(uint8_t what, uint8_t which, double number) {
  std::string bytes{char(what), char(which), 2, 0};
  return bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace

std::vector<std::string> seeds() {
  const Checkpoint checkpoint = small_checkpoint();
  std::vector<std::string> all{""};
  for (size_t i = 0; i < checkpoint.numbers().size(); ++i)
    for (const double number : {0., -1., 4., 1048576., 1e300, 0.5})
      all.push_back(change_of(0, uint8_t(i), number));
  for (size_t i = 0; i < checkpoint.tensors().size(); ++i)
    all.push_back(change_of(2, uint8_t(i), 1));
  for (size_t i = 0; i < checkpoint.texts().size(); ++i) all.push_back(change_of(3, uint8_t(i), 1));
  return all;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Checkpoint original = small_checkpoint();
  fuzz::reads_or_explains("fuzz.h5", [&] {
    Checkpoint checkpoint = original;
    for (size_t at = 0; at + change_bytes <= size && at < 20 * change_bytes; at += change_bytes)
      change(checkpoint, data + at);
    const Model model = Model::load(checkpoint);
    if (model.preprocessing.crop > 200) return;             // would only be slow
    fuzz::reads_or_explains("", [&] { Screener{model}; });  // it does not know of the file
  });
  return 0;
}
