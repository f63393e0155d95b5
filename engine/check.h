// The one way anything fails: check(condition, message parts...) throws an Error whose text says
// what was wrong, with which value, and what to do. Programs map the type to an exit code.
#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

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

/// Joins the parts into one text, as `std::ostream <<` prints them.
template <class... Part>
std::string text(const Part&... part) {
  std::ostringstream out;
  (out << ... << part);
  return out.str();
}

/// Throws `E` with the joined parts unless `ok`. E.g. check(n > 0, path, ": no frames").
template <class E = Error, class... Part>
void check(bool ok, const Part&... part) {
  if (!ok) [[unlikely]]
    throw E(text(part...));
}

}  // namespace hitsieve
