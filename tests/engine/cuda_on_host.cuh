// What the tests of launch and of the emulator share.
#pragma once
#include <cstdio>
#include <string>
#include <vector>

#include "tests/engine/cuda_handles.cuh"
#include "engine/cuda_on_host/schedule.h"

namespace hitsieve {

/// An array on the device, copied in and out as a whole.
template <class T>
class OnDevice {
 public:
  explicit OnDevice(size_t count) : count_(count) {
    cuda_check(cudaMalloc(&data_, bytes()), "device array");
  }
  explicit OnDevice(const std::vector<T>& host) : OnDevice(host.size()) {
    cuda_check(cudaMemcpy(data_, host.data(), bytes(), cudaMemcpyHostToDevice), "copy in");
  }
  ~OnDevice() { cudaFree(data_); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

  operator T*() { return data_; }
  size_t bytes() const { return count_ * sizeof(T); }
  std::vector<T> host() const {
    std::vector<T> host(count_);
    cuda_check(cudaMemcpy(host.data(), data_, bytes(), cudaMemcpyDeviceToHost), "copy out");
    return host;
  }

 private:
  size_t count_;
  T* data_ = nullptr;
};

/// The message of the Error that fn throws; "" if it throws none.
template <class F>
std::string error_of(F&& fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// False, with a line on stderr, where a program built for a GPU runs without one.
inline bool device_present() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess && count > 0) return true;
  static const bool said = std::fputs("skipped: no GPU answers\n", stderr) >= 0;
  return !said;
}

}  // namespace hitsieve
