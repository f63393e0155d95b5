// A screener of the C interface that closes itself, and screening that has to succeed.
#pragma once
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <hitsieve/hitsieve.h>

#include "tests/apps/library/model_files.h"
#include "tests/temporary_folder.h"

class Opened {
 public:
  explicit Opened(const std::string& model, int32_t device = HITSIEVE_CPU) {
    hitsieve_error error;
    REQUIRE_MESSAGE(hitsieve_open(model.c_str(), device, &screener_, &error) == HITSIEVE_OK,
                    error.text);
  }
  ~Opened() { hitsieve_close(screener_); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  const hitsieve_screener* get() const { return screener_; }

 private:
  hitsieve_screener* screener_ = nullptr;
};

inline std::vector<hitsieve_result> screened(const hitsieve_screener* screener,
                                             const hitsieve_frames& frames) {
  std::vector<hitsieve_result> results(size_t(frames.count));
  hitsieve_error error;
  const int32_t code = hitsieve_screen(screener, &frames, results.data(), &error);
  REQUIRE_MESSAGE(code == HITSIEVE_OK, error.text);
  return results;
}
