#include "engine/checkpoint.h"

#include <cmath>

#include "engine/file_seal.h"
#include "engine/hdf5_file.h"
#include "engine/input_file.h"
#include "engine/output_file.h"

namespace hitsieve {
namespace {

constexpr const char *tensor_group = "/tensors/", *number_group = "/numbers/",
                     *text_group = "/texts/", *id_group = "/ids/";

template <class T>
void write_tensor(Hdf5File& file, const std::string& name, const Tensor& tensor) {
  std::vector<int64_t> shape;
  for (int axis = 0; axis < tensor.shape().rank(); ++axis) shape.push_back(tensor.shape()[axis]);
  file.write(tensor_group + name, tensor.data<T>(), shape);
}

Shape shape_of(const Hdf5DatasetInfo& info, const std::string& path) {
  const auto& s = info.shape;
  check(s.size() <= 4, path, ":", info.path, ": has ", s.size(), " axes, a model has at most 4");
  switch (s.size()) {
    case 0:
      return {};
    case 1:
      return {s[0]};
    case 2:
      return {s[0], s[1]};
    case 3:
      return {s[0], s[1], s[2]};
    default:
      return {s[0], s[1], s[2], s[3]};
  }
}

template <class T>
Tensor read_tensor(const Hdf5File& file, const Hdf5DatasetInfo& info) {
  const std::vector<T> values = file.read<T>(info.path);
  if constexpr (std::is_floating_point_v<T>)
    for (size_t i = 0; i < values.size(); ++i)
      check(std::isfinite(values[i]), file.path(), ":", info.path, ": element ", i, " is ",
            values[i], "; the model is damaged, train it again");
  return Tensor::of<T>(shape_of(info, file.path()), values);
}

Tensor read_tensor(const Hdf5File& file, const Hdf5DatasetInfo& info) {
  if (info.type == "float32") return read_tensor<float>(file, info);
  if (info.type == "float64") return read_tensor<double>(file, info);
  check(info.type == "int32", file.path(), ":", info.path, ": type ", info.type,
        " has no place in a checkpoint");
  return read_tensor<int32_t>(file, info);
}

template <class Map>
auto& find(const Map& map, const std::string& name, const char* what, const std::string& path) {
  const auto found = map.find(name);
  check(found != map.end(), path, ": has no ", what, " \"", name, "\"; the file is damaged or ",
        "was not written by hitsieve");
  return found->second;
}

constexpr size_t start_bytes = 4096;  // enough to tell what kind of file it is

/// A checkpoint of a format below 4: an HDF5 file without a seal, whose first object says so.
bool is_older(const std::string& start) {
  return start.starts_with("\x89HDF") && start.find("hitsieve_kind") != std::string::npos;
}

void check_start(const std::string& path, const std::string& start, const std::string& kind) {
  check(!is_older(start), path, ": a ", kind,
        " of a format below 4, written by an earlier hitsieve; this is hitsieve ", version(),
        ", which reads format ", Checkpoint::format,
        ": train the model again, or use the version that wrote it");
  check(has_seal(start), path, ": is no hitsieve ", kind,
        start.starts_with("\x89HDF") ? ", but another HDF5 file" : ", or damaged at its start");
}

}  // namespace

const char* version() { return HITSIEVE_VERSION; }

void Checkpoint::save(const std::string& path, bool overwrite) const {
  OutputFile output(path, overwrite);
  Hdf5File file = Hdf5File::create(output.temporary(), seal_bytes);
  file.write_attribute_string("/", "hitsieve_kind", kind_);
  file.write_attribute<int32_t>("/", "hitsieve_format", {format});
  file.write_attribute_string("/", "hitsieve_version", version());
  for (const auto& [name, tensor] : tensors_) {
    if (tensor.dtype() == DType::f32)
      write_tensor<float>(file, name, tensor);
    else if (tensor.dtype() == DType::f64)
      write_tensor<double>(file, name, tensor);
    else
      write_tensor<int32_t>(file, name, tensor);
  }
  for (const auto& [name, number] : numbers_) file.write_value(number_group + name, number);
  for (const auto& [name, text] : texts_) file.write_string(text_group + name, text);
  for (const auto& [name, ids] : ids_)
    file.write(id_group + name, ids.data(), {int64_t(ids.size())});
  file.close();
  seal_file(output.temporary());
  output.commit();
}

Checkpoint Checkpoint::load(const std::string& path, const std::string& kind) {
  check_readable(path, "a hitsieve " + kind);
  check_start(path, read_file(path, start_bytes), kind);  // before a file of any size is read
  const std::string bytes = read_file(path);
  return load(path, std::as_bytes(std::span(bytes)), kind);
}

Checkpoint Checkpoint::load(const std::string& path, std::span<const std::byte> bytes,
                            const std::string& kind) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  check_start(path, std::string(all.substr(0, start_bytes)), kind);
  check_seal(path, bytes);
  const Hdf5File file = Hdf5File::open_image(path, bytes);
  Checkpoint checkpoint(file.read_attribute_string("/", "hitsieve_kind"));
  const int found = file.read_attribute<int32_t>("/", "hitsieve_format").at(0);
  checkpoint.path_ = path;
  checkpoint.written_by_ = file.read_attribute_string("/", "hitsieve_version");
  check(checkpoint.kind_ == kind, path, ": holds a ", checkpoint.kind_, ", expected a ", kind);
  check(found == format, path, ": ", kind, " format ", found, ", written by hitsieve ",
        checkpoint.written_by_, "; this is hitsieve ", version(), ", which reads format ", format,
        ": train the model again, or use the version that wrote it");
  checkpoint.read(file, bytes.size());
  return checkpoint;
}

bool Checkpoint::is_one(const std::string& path) {
  check_readable(path, "a checkpoint");
  const std::string start = read_file(path, start_bytes);
  return has_seal(start) || is_older(start);
}

/// `bytes`: of the file, which bounds what is in it.
void Checkpoint::read(const Hdf5File& file, size_t bytes) {
  for (const Hdf5DatasetInfo& info : file.datasets()) {
    size_t room = bytes;
    for (const int64_t size : info.shape) room = size > 0 ? room / size_t(size) : room;
    check(room > 0, path_, ":", info.path, ": has more elements than the file has bytes");
    auto name_in = [&](const std::string& group) {
      return info.path.starts_with(group) ? info.path.substr(group.size()) : std::string();
    };
    if (auto name = name_in(tensor_group); !name.empty())
      tensors_[name] = read_tensor(file, info);
    else if (name = name_in(number_group); !name.empty())
      numbers_[name] = file.read_value<double>(info.path);
    else if (name = name_in(text_group); !name.empty())
      texts_[name] = file.read_string(info.path);
    else if (name = name_in(id_group); !name.empty())
      ids_[name] = file.read<uint64_t>(info.path);
  }
}

Tensor Checkpoint::tensor(const std::string& name) const {
  return find(tensors_, name, "tensor", path_);
}

Tensor Checkpoint::tensor(const std::string& name, const Shape& shape) const {
  const Tensor tensor = this->tensor(name);
  check(tensor.shape() == shape, path_, ": tensor \"", name, "\" has shape ", tensor.shape(),
        ", the network wants ", shape);
  return tensor;
}

double Checkpoint::number(const std::string& name) const {
  const double value = find(numbers_, name, "number", path_);
  check(std::isfinite(value), path_, ": number \"", name, "\" is ", value);
  return value;
}

int64_t Checkpoint::integer(const std::string& name) const {
  const double value = number(name);
  check(value == std::floor(value) && std::abs(value) < 0x1p53, path_, ": number \"", name,
        "\" is ", value, ", expected an integer");
  return int64_t(value);
}

const std::string& Checkpoint::text(const std::string& name) const {
  return find(texts_, name, "text", path_);
}

const std::vector<uint64_t>& Checkpoint::ids(const std::string& name) const {
  return find(ids_, name, "list", path_);
}

}  // namespace hitsieve
