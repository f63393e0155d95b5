#include "data/frame_reader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace hitsieve {
namespace {

/// Reads one frame into `out`; what goes wrong is thrown.
void read_frame(const FrameSet& frames, int64_t index, int64_t crop, EncodedFrame& encoded,
                ReadFrame& out) {
  out.source = frames.source(index);
  const SourceInfo& info = out.source->info();
  Region region = whole(info.shape);
  try {
    if (crop > 0) region = central(info.shape, crop);
  } catch (const Error& error) {
    throw Error(text(info.path, ": ", info.dataset, ": ", error.what()));
  }
  out.source->fetch(frames.address(index).frame, region, encoded);
  out.source->decode(encoded, out.frame);
  check(has_good_pixel(out.frame), frames.name(index), ": ", info.dataset,
        ": every pixel is masked, not a number or outside the trusted range (mask: ", info.mask,
        ")");
}

}  // namespace

/// A ring of slots: frame i goes through slot i % slots. A thread takes the next frame number, and
/// waits until the caller is done with the frame that had the slot before.
struct FrameReader::State {
  struct Slot {
    ReadFrame frame;
    std::exception_ptr failure;
    bool ready = false;
  };

  State(const FrameSet& set, FrameReaderOptions chosen) : frames(set), options(chosen) {
    int threads = options.threads > 0 ? options.threads : int(std::thread::hardware_concurrency());
    threads = int(std::clamp<int64_t>(threads, 1, std::max<int64_t>(1, frames.size())));
    slots.resize(size_t(options.ahead > 0 ? options.ahead : 2 * threads + 2));
    for (int i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
  }

  ~State() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    free.notify_all();
    for (std::thread& worker : workers) worker.join();
  }

  Slot& slot(int64_t index) { return slots[size_t(index) % slots.size()]; }

  void work() {
    EncodedFrame encoded;
    for (;;) {
      std::unique_lock lock(mutex);
      const int64_t index = taken;
      if (stop || index >= frames.size()) return;
      ++taken;
      free.wait(lock, [&] { return stop || index < given + int64_t(slots.size()); });
      if (stop) return;
      lock.unlock();
      fill(slot(index), index, encoded);
      lock.lock();
      slot(index).ready = true;
      filled.notify_all();
    }
  }

  void fill(Slot& slot, int64_t index, EncodedFrame& encoded) {
    slot.frame.index = index, slot.frame.error.clear(), slot.failure = nullptr;
    try {
      read_frame(frames, index, options.crop, encoded, slot.frame);
    } catch (const Error& error) {
      slot.frame.error = error.what();
      if (!options.skip_bad) slot.failure = std::current_exception();
    } catch (...) {
      slot.failure = std::current_exception();
    }
  }

  bool next(ReadFrame& out) {
    std::unique_lock lock(mutex);
    if (stop || given >= frames.size()) return false;
    Slot& current = slot(given);
    filled.wait(lock, [&] { return current.ready; });
    if (current.failure) {
      stop = true;
      free.notify_all();
      std::rethrow_exception(current.failure);
    }
    std::swap(out, current.frame);
    current.ready = false;
    ++given;
    free.notify_all();
    return true;
  }

  const FrameSet& frames;
  const FrameReaderOptions options;
  std::mutex mutex;
  std::condition_variable free, filled;
  std::vector<Slot> slots;
  int64_t taken = 0, given = 0;  // frames that threads have started on, that the caller has got
  bool stop = false;
  std::vector<std::thread> workers;
};

FrameReader::FrameReader(const FrameSet& frames, FrameReaderOptions options)
    : state_(std::make_unique<State>(frames, options)) {}
FrameReader::~FrameReader() = default;

bool FrameReader::next(ReadFrame& out) { return state_->next(out); }

}  // namespace hitsieve
