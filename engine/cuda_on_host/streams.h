// Streams and events. Normally work is done at once. In the asynchronous mode a stream keeps its
// work until something waits for it; what must come first (an event, the default stream) is done
// first, and nothing else is.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace hitsieve::emu {

struct Stream;
class GraphWork;

/// Everything put on `stream` up to number `count`.
struct Progress {
  Stream* stream;
  uint64_t count;
};

struct Stream {
  explicit Stream(bool waits_for_default) : blocking(waits_for_default) {}
  const bool blocking;  // ordered with the default stream
  struct Work {
    std::function<void()> run;
    std::vector<Progress> after;
  };
  std::deque<Work> work{};
  uint64_t enqueued = 0, done = 0;
  std::vector<Progress> next_after{};    // of cudaStreamWaitEvent
  std::shared_ptr<GraphWork> capture{};  // what is put on it goes here instead
  bool capture_spoilt = false;           // by a call that is not allowed in a capture
};

struct Event {
  Stream* stream = nullptr;  // null: never recorded
  uint64_t count = 0;
  std::chrono::steady_clock::time_point time{};
};

/// The streams of the program. Null handles mean the default stream.
class Streams {
 public:
  static Streams& instance();

  Stream* create(bool blocking);
  void destroy(Stream* stream);
  /// Throws if `stream` was destroyed.
  Stream& get(Stream* stream);

  void enqueue(Stream* stream, std::function<void()> run);
  void run(Progress until);
  void synchronize(Stream& stream) { run({&stream, stream.enqueued}); }
  void synchronize_all();

 private:
  Stream default_{true};
  std::vector<Stream*> created_{};
};

}  // namespace hitsieve::emu
