// The values of Hdf5File: datasets and attributes, read and written.
#include <climits>
#include <cstring>
#include <limits>
#include <type_traits>

#include "engine/hdf5_file.h"
#include "engine/hdf5_written.h"

namespace hitsieve {
namespace {

template <class T>
hid_t native() {
  if constexpr (std::is_same_v<T, int8_t>) return H5T_NATIVE_INT8;
  if constexpr (std::is_same_v<T, uint8_t>) return H5T_NATIVE_UINT8;
  if constexpr (std::is_same_v<T, int16_t>) return H5T_NATIVE_INT16;
  if constexpr (std::is_same_v<T, uint16_t>) return H5T_NATIVE_UINT16;
  if constexpr (std::is_same_v<T, int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, uint32_t>) return H5T_NATIVE_UINT32;
  if constexpr (std::is_same_v<T, int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, uint64_t>) return H5T_NATIVE_UINT64;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
}

/// Whether every value of the stored type is a value of T (64-bit integers into double pass).
template <class T>
bool fits(hid_t stored) {
  const size_t size = H5Tget_size(stored);
  const H5T_class_t kind = H5Tget_class(stored);
  if (kind == H5T_FLOAT) return std::is_floating_point_v<T> && size <= sizeof(T);
  if (kind != H5T_INTEGER && kind != H5T_ENUM) return false;
  const Hdf5Id base(kind == H5T_ENUM ? H5Tget_super(stored) : H5Tcopy(stored), H5Tclose);
  const bool is_signed = H5Tget_sign(base) == H5T_SGN_2;
  if (std::is_same_v<T, double>) return true;
  if (std::is_same_v<T, float>) return size <= 2;
  if (std::is_signed_v<T>) return is_signed ? size <= sizeof(T) : size < sizeof(T);
  return !is_signed && size <= sizeof(T);
}

/// An array or a scalar somewhere in a file: a dataset or an attribute.
struct Place {
  Hdf5Id id;
  bool attribute;
  std::string name;  // for messages

  Hdf5Id type() const { return {attribute ? H5Aget_type(id) : H5Dget_type(id), H5Tclose}; }
  size_t count() const {
    const Hdf5Id space(attribute ? H5Aget_space(id) : H5Dget_space(id), H5Sclose);
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    check(points >= 0, name, ": ", hdf5_error);
    return size_t(points);
  }
  void read(hid_t memory_type, void* out) const {
    const herr_t done = attribute ? H5Aread(id, memory_type, out)
                                  : H5Dread(id, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
    check(done >= 0, name, ": cannot be read: ", hdf5_error);
  }
  void write(hid_t memory_type, const void* values) const {
    const herr_t done = attribute
                            ? H5Awrite(id, memory_type, values)
                            : H5Dwrite(id, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    check<OutputError>(done >= 0, name, ": cannot be written: ", hdf5_error);
  }
};

Place open_dataset(const Hdf5File& file, const std::string& dataset) {
  file.info(dataset);  // the error when there is none
  Place place{{H5Dopen2(file.id(), dataset.c_str(), H5P_DEFAULT), H5Dclose},
              false,
              file.path() + ": " + dataset};
  check_written(place.id, place.name);
  return place;
}

Place open_attribute(const Hdf5File& file, const std::string& object, const std::string& name) {
  Place place{{H5Aopen_by_name(file.id(), object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
               H5Aclose},
              true,
              text(file.path(), ": ", object, " @", name)};
  check(place.id.ok(), place.name, ": no such attribute");
  return place;
}

Hdf5Id make_space(const std::vector<int64_t>& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  return {H5Screate_simple(int(sizes.size()), sizes.data(), nullptr), H5Sclose};
}

Place make_dataset(Hdf5File& file, const std::string& dataset, hid_t type,
                   const std::vector<int64_t>& shape, int deflate) {
  if (const size_t slash = dataset.rfind('/'); slash != std::string::npos && slash > 0)
    file.make_group(dataset.substr(0, slash));
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  if (deflate > 0 && !shape.empty()) {
    const std::vector<hsize_t> chunk(shape.begin(), shape.end());
    H5Pset_chunk(creation, int(chunk.size()), chunk.data());
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, unsigned(deflate));
  }
  const Hdf5Id space = make_space(shape);
  Place place{
      {H5Dcreate2(file.id(), dataset.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT),
       H5Dclose},
      false,
      file.path() + ": " + dataset};
  check<OutputError>(place.id.ok(), place.name, ": cannot be made: ", hdf5_error);
  return place;
}

Place make_attribute(Hdf5File& file, const std::string& object, const std::string& name, hid_t type,
                     const std::vector<int64_t>& shape) {
  const Hdf5Id space = make_space(shape);
  Place place{{H5Acreate_by_name(file.id(), object.c_str(), name.c_str(), type, space, H5P_DEFAULT,
                                 H5P_DEFAULT, H5P_DEFAULT),
               H5Aclose},
              true,
              text(file.path(), ": ", object, " @", name)};
  check<OutputError>(place.id.ok(), place.name, ": cannot be made: ", hdf5_error);
  return place;
}

template <class T>
std::vector<T> read_numbers(const Place& place) {
  const Hdf5Id stored = place.type();
  const H5T_class_t kind = H5Tget_class(stored);
  check(kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM, place.name,
        ": holds no numbers");
  check(fits<T>(stored), place.name, ": ", kind == H5T_FLOAT ? "floating-point" : "integer",
        " values of ", 8 * H5Tget_size(stored), " bits do not fit what is read here");
  std::vector<T> values(place.count());
  place.read(native<T>(), values.data());
  return values;
}

Hdf5Id string_type(size_t size) {
  Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, size);
  return type;
}

std::vector<std::string> read_variable_strings(const Place& place, hid_t stored) {
  std::vector<char*> pointers(place.count(), nullptr);
  Hdf5Id memory = string_type(H5T_VARIABLE);
  H5Tset_cset(memory, H5Tget_cset(stored));
  place.read(memory, pointers.data());
  std::vector<std::string> values;
  for (char* pointer : pointers) {
    values.emplace_back(pointer ? pointer : "");
    H5free_memory(pointer);
  }
  return values;
}

std::vector<std::string> read_texts(const Place& place) {
  const Hdf5Id stored = place.type();
  check(H5Tget_class(stored) == H5T_STRING, place.name, ": holds no text");
  if (H5Tis_variable_str(stored) > 0) return read_variable_strings(place, stored);
  const size_t size = H5Tget_size(stored);
  std::vector<char> bytes(size * place.count());
  place.read(stored, bytes.data());
  std::vector<std::string> values;
  for (size_t begin = 0; begin < bytes.size(); begin += size) {
    std::string value(bytes.data() + begin, strnlen(bytes.data() + begin, size));
    if (H5Tget_strpad(stored) == H5T_STR_SPACEPAD) value.erase(value.find_last_not_of(' ') + 1);
    values.push_back(std::move(value));
  }
  return values;
}

/// Fixed-length, null-padded: unlike variable-length text it repeats byte for byte.
std::vector<char> pack(const std::vector<std::string>& values, size_t size) {
  std::vector<char> bytes(size * values.size(), 0);
  for (size_t i = 0; i < values.size(); ++i)
    std::memcpy(bytes.data() + i * size, values[i].data(), values[i].size());
  return bytes;
}

size_t longest(const std::vector<std::string>& values) {
  size_t size = 0;
  for (const std::string& value : values) size = std::max(size, value.size());
  return size + 1;
}

}  // namespace

template <class T>
std::vector<T> Hdf5File::read(const std::string& dataset) const {
  const Hdf5Lock lock;
  return read_numbers<T>(open_dataset(*this, dataset));
}

template <class T>
T Hdf5File::read_value(const std::string& dataset) const {
  const std::vector<T> values = read<T>(dataset);
  check(values.size() == 1, path_, ": ", dataset, ": ", values.size(), " values, want 1");
  return values[0];
}

std::vector<std::string> Hdf5File::read_strings(const std::string& dataset) const {
  const Hdf5Lock lock;
  return read_texts(open_dataset(*this, dataset));
}

std::string Hdf5File::read_string(const std::string& dataset) const {
  const std::vector<std::string> values = read_strings(dataset);
  check(values.size() == 1, path_, ": ", dataset, ": ", values.size(), " texts, want 1");
  return values[0];
}

template <class T>
void Hdf5File::write(const std::string& dataset, const T* values, const std::vector<int64_t>& shape,
                     int deflate) {
  const Hdf5Lock lock;
  make_dataset(*this, dataset, native<T>(), shape, deflate).write(native<T>(), values);
}

void Hdf5File::write_strings(const std::string& dataset, const std::vector<std::string>& values) {
  const Hdf5Lock lock;
  const size_t size = longest(values);
  const Hdf5Id type = string_type(size);
  make_dataset(*this, dataset, type, {int64_t(values.size())}, 0)
      .write(type, pack(values, size).data());
}

void Hdf5File::write_string(const std::string& dataset, const std::string& value) {
  const Hdf5Lock lock;
  const Hdf5Id type = string_type(value.size() + 1);
  make_dataset(*this, dataset, type, {}, 0).write(type, value.c_str());
}

bool Hdf5File::has_attribute(const std::string& object, const std::string& name) const {
  const Hdf5Lock lock;
  return H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

template <class T>
std::vector<T> Hdf5File::read_attribute(const std::string& object, const std::string& name) const {
  const Hdf5Lock lock;
  return read_numbers<T>(open_attribute(*this, object, name));
}

std::string Hdf5File::read_attribute_string(const std::string& object,
                                            const std::string& name) const {
  const Hdf5Lock lock;
  const std::vector<std::string> values = read_texts(open_attribute(*this, object, name));
  check(values.size() == 1, path_, ": ", object, " @", name, ": ", values.size(), " texts, want 1");
  return values[0];
}

template <class T>
void Hdf5File::write_attribute(const std::string& object, const std::string& name,
                               const std::vector<T>& values) {
  const Hdf5Lock lock;
  make_attribute(*this, object, name, native<T>(), {int64_t(values.size())})
      .write(native<T>(), values.data());
}

void Hdf5File::write_attribute_string(const std::string& object, const std::string& name,
                                      const std::string& value) {
  const Hdf5Lock lock;
  const Hdf5Id type = string_type(value.size() + 1);
  make_attribute(*this, object, name, type, {}).write(type, value.c_str());
}

#define HITSIEVE_INSTANTIATE(T)                                                               \
  template std::vector<T> Hdf5File::read<T>(const std::string&) const;                        \
  template T Hdf5File::read_value<T>(const std::string&) const;                               \
  template void Hdf5File::write<T>(const std::string&, const T*, const std::vector<int64_t>&, \
                                   int);                                                      \
  template std::vector<T> Hdf5File::read_attribute<T>(const std::string&, const std::string&) \
      const;                                                                                  \
  template void Hdf5File::write_attribute<T>(const std::string&, const std::string&,          \
                                             const std::vector<T>&);
HITSIEVE_INSTANTIATE(int8_t)
HITSIEVE_INSTANTIATE(uint8_t)
HITSIEVE_INSTANTIATE(int16_t)
HITSIEVE_INSTANTIATE(uint16_t)
HITSIEVE_INSTANTIATE(int32_t)
HITSIEVE_INSTANTIATE(uint32_t)
HITSIEVE_INSTANTIATE(int64_t)
HITSIEVE_INSTANTIATE(uint64_t)
HITSIEVE_INSTANTIATE(float)
HITSIEVE_INSTANTIATE(double)
#undef HITSIEVE_INSTANTIATE

}  // namespace hitsieve
