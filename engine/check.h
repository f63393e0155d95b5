// The one way anything fails: check(condition, message parts...) throws an Error whose text says
// what was wrong, with which value, and what to do. Programs map the type to an exit code.
#pragma once
#include <cerrno>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace hitsieve {

/// Bad input or a broken contract: a file, dataset, frame, label, model, shape or type.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An output that exists already, or cannot be written (folder missing, disk full).
struct OutputError : Error {
  using Error::Error;
};

/// A device has no memory left.
struct OutOfMemory : Error {
  using Error::Error;
};

/// Joins the parts into one text, as `std::ostream <<` prints them; of a function, what it returns.
template <class... Part>
std::string text(const Part&... part) {
  std::ostringstream out;
  const auto print = [&out](const auto& each) {
    if constexpr (std::is_invocable_v<decltype(each)>)
      out << each();
    else
      out << each;
  };
  (print(part), ...);
  return out.str();
}

/// Throws `E` with the joined parts unless `ok`. E.g. check(n > 0, path, ": no frames"). Why a call
/// failed must be asked after it: check(H5Fflush(file) >= 0, path, ": ", hdf5_error) passes the
/// function, as hdf5_error() might be called before H5Fflush.
template <class E = Error, class... Part>
void check(bool ok, const Part&... part) {
  if (!ok) [[unlikely]]
    throw E(text(part...));
}

/// What errno says, and whether the disk is full; to be passed to check as a function.
inline std::string system_reason() {
  const std::string why = std::strerror(errno);
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? "the disk is full (" + why + ")"
                                                              : why;
}

}  // namespace hitsieve
