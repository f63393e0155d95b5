#include "data/per_shot.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/hdf5_written.h"

namespace hitsieve {
namespace {

constexpr size_t largest = size_t(256) << 20;  // bytes of one dataset in one file

/// One dataset, gathered over all files: text, or the bytes of any other type.
struct Column {
  std::string path;
  bool is_text = false;
  Hdf5Id type{};
  std::vector<int64_t> row{};  // shape of what belongs to one shot
  size_t row_bytes = 0;
  std::vector<std::string> texts{};
  std::vector<char> bytes{};
  std::string left_out{};  // why
};

/// The same dataset in one file, read as a whole.
struct Piece {
  std::vector<std::string> texts;
  std::vector<char> bytes;
};

bool is_per_shot(const Hdf5DatasetInfo& info, const SourceInfo& source) {
  const std::vector<int64_t>& shape = info.shape;
  if (shape.empty() || shape[0] != source.frames) return false;
  const size_t rank = shape.size();  // images of any kind end with the axes of a frame
  if (rank > 1 && shape[rank - 2] == source.shape.ss && shape[rank - 1] == source.shape.fs)
    return false;
  return info.path != source.dataset && !info.path.starts_with("/entry_1/result_1/");
}

/// In CXIDB 76, beside the images of a KEY.
bool is_of_a_part(const Hdf5DatasetInfo& info, const SourceInfo& source) {
  return source.layout == "CXIDB 76" && info.path.starts_with("/data/") && !info.shape.empty() &&
         !info.path.ends_with("/images");
}

Hdf5Id open_dataset(const Hdf5File& file, const std::string& path) {
  return {H5Dopen2(file.id(), path.c_str(), H5P_DEFAULT), H5Dclose};
}

/// Bytes of such a type mean something in another file too.
bool can_move(hid_t type) {
  return H5Tdetect_class(type, H5T_VLEN) <= 0 && H5Tdetect_class(type, H5T_REFERENCE) <= 0 &&
         H5Tdetect_class(type, H5T_STRING) <= 0;
}

std::vector<Column> columns_of(const Hdf5File& file, const SourceInfo& source) {
  std::vector<Column> columns;
  for (const Hdf5DatasetInfo& info : file.datasets()) {
    Column column{.path = info.path};
    if (!is_per_shot(info, source)) {
      if (!is_of_a_part(info, source)) continue;
      column.left_out = "it is of one KEY's frames alone";
      columns.push_back(std::move(column));
      continue;
    }
    column.is_text = info.type == "string" && info.shape.size() == 1;
    column.row.assign(info.shape.begin() + 1, info.shape.end());
    const Hdf5Id data = open_dataset(file, info.path);
    column.type = {H5Dget_type(data), H5Tclose};
    column.row_bytes = H5Tget_size(column.type);
    for (const int64_t size : column.row) column.row_bytes *= size_t(size);
    if (!column.is_text && !can_move(column.type)) column.left_out = "its type refers elsewhere";
    if (info.shape.size() > 2) column.left_out = text_of(info) + ": of more than two dimensions";
    columns.push_back(std::move(column));
  }
  return columns;
}

/// Why the file's dataset is not like the column; "" when it is.
std::string unlike(const Column& column, const Hdf5File& file, int64_t frames) {
  if (!file.has(column.path)) return text("not in ", file.path());
  const Hdf5DatasetInfo info = file.info(column.path);
  const Hdf5Id data = open_dataset(file, column.path), type(H5Dget_type(data), H5Tclose);
  std::vector<int64_t> shape = {frames};
  shape.insert(shape.end(), column.row.begin(), column.row.end());
  const bool alike = info.shape == shape &&
                     (column.is_text ? info.type == "string" : H5Tequal(type, column.type) > 0);
  return alike ? "" : text("not alike in ", file.path(), ": ", text_of(info));
}

/// Error: it is not all there, or too much.
Piece read_piece(const Column& column, const Hdf5File& file, int64_t frames) {
  Piece piece;
  if (column.is_text) {
    piece.texts = file.read_strings(column.path);
    return piece;
  }
  const size_t bytes = column.row_bytes * size_t(frames);
  check(bytes <= largest, bytes, " bytes in ", file.path());
  piece.bytes.resize(bytes);
  const Hdf5Id data = open_dataset(file, column.path);
  check_written(data, file.path() + ": " + column.path);
  check(H5Dread(data, column.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, piece.bytes.data()) >= 0,
        "cannot be read in ", file.path(), ": ", hdf5_error);
  return piece;
}

/// The rows of the frames [first, end) of the set, which are all of one file.
void gather(const FrameSet& frames, int64_t first, int64_t end, std::vector<Column>& columns,
            bool is_first) {
  const SourceInfo info = frames.source(first)->info();
  const Hdf5Lock lock;  // not before: the set has a lock of its own, within which it takes this one
  const Hdf5File file = Hdf5File::open(info.path);
  if (is_first) columns = columns_of(file, info);
  for (Column& other : columns_of(file, info))  // what the first file does not have
    if (std::none_of(columns.begin(), columns.end(),
                     [&](const Column& column) { return column.path == other.path; })) {
      other.left_out = text("in ", file.path(), ", and not in all files");
      columns.push_back(std::move(other));
    }
  for (Column& column : columns) {
    if (column.left_out.empty()) column.left_out = unlike(column, file, info.frames);
    if (!column.left_out.empty()) continue;
    Piece piece;
    try {
      piece = read_piece(column, file, info.frames);
    } catch (const Error& error) {
      column.left_out = error.what();
      continue;
    }
    for (int64_t i = first; i < end; ++i) {
      const auto row = size_t(frames.address(i).frame);
      if (column.is_text)
        column.texts.push_back(piece.texts.at(row));
      else
        column.bytes.insert(column.bytes.end(),
                            piece.bytes.begin() + ptrdiff_t(row * column.row_bytes),
                            piece.bytes.begin() + ptrdiff_t((row + 1) * column.row_bytes));
    }
  }
}

void write(const Column& column, int64_t frames, Hdf5File& out) {
  const Hdf5Lock lock;
  if (out.has(column.path)) return;  // written otherwise
  if (column.is_text) return out.write_strings(column.path, column.texts);
  out.make_group(column.path.substr(0, column.path.rfind('/')));
  std::vector<hsize_t> shape = {hsize_t(frames)};
  shape.insert(shape.end(), column.row.begin(), column.row.end());
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, false);
  const Hdf5Id space(H5Screate_simple(int(shape.size()), shape.data(), nullptr), H5Sclose);
  const Hdf5Id data(H5Dcreate2(out.id(), column.path.c_str(), column.type, space, H5P_DEFAULT,
                               creation, H5P_DEFAULT),
                    H5Dclose);
  check<OutputError>(data.ok() && H5Dwrite(data, column.type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                           column.bytes.data()) >= 0,
                     out.path(), ": ", column.path, ": cannot be written: ", hdf5_error);
}

}  // namespace

std::vector<std::string> copy_per_shot(const FrameSet& frames, Hdf5File& out) {
  std::vector<Column> columns;
  for (int64_t first = 0, end = 0; first < frames.size(); first = end) {
    while (end < frames.size() && frames.address(end).file == frames.address(first).file) ++end;
    gather(frames, first, end, columns, first == 0);
  }
  std::vector<std::string> left_out;
  for (const Column& column : columns)
    if (column.left_out.empty())
      write(column, frames.size(), out);
    else
      left_out.push_back(column.path + ": " + column.left_out);
  return left_out;
}

}  // namespace hitsieve
