#include "data/frame_reader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "engine/stopwatch.h"

namespace hitsieve {
namespace {

constexpr int64_t least_memory = 128'000'000, memory_a_thread = 32'000'000;  // bytes
constexpr int most_threads = 8;  // unless the caller wants more

/// Reads one frame into `out`; what goes wrong is thrown.
void read_frame(const FrameSet& frames, int64_t index, int64_t crop, EncodedFrame& encoded,
                ReadFrame& out, ReadTimes& took) {
  Stopwatch watch;
  const std::shared_ptr<const FrameSource> source = frames.source(index);
  const SourceInfo& info = source->info();
  Region region = whole(info.shape);
  try {
    if (crop > 0) region = central(info.shape, crop);
  } catch (const Error& error) {
    throw Error(text(info.path, ": ", info.dataset, ": ", error.what()));
  }
  source->fetch(frames.address(index).frame, region, encoded);
  took.read = watch.lap();
  source->decode(encoded, out.frame);
  check(out.frame.own_masked <= 0.5, frames.name(index), ": ", info.dataset, ": frame ",
        frames.address(index).frame, ": ", 100 * out.frame.own_masked,
        " % of its pixels are masked by the frame's own mask (", info.mask,
        "): mend the mask, or read the file without its masks (--ignore-file-mask), or leave such",
        " frames out (--skip-bad)");
  check(has_good_pixel(out.frame), frames.name(index), ": ", info.dataset,
        ": every pixel is masked, not a number or outside the trusted range (mask: ", info.mask,
        ")");
  took.decode = watch.lap();
}

/// For the frames of the first file that opens; why others do not is told in their turn.
FrameReaderOptions within_memory(FrameReaderOptions options, const FrameSet& frames) {
  for (int64_t i = 0; i < frames.size(); ++i) {
    if (i > 0 && frames.address(i).file == frames.address(i - 1).file) continue;
    try {
      return within_memory(options, frames.file_source(frames.address(i).file)->info());
    } catch (const Error&) {
      continue;
    }
  }
  options.threads = 1, options.ahead = 2;  // there is nothing to read
  return options;
}

}  // namespace

FrameReaderOptions within_memory(FrameReaderOptions options, const SourceInfo& info) {
  const int64_t value = info.stored_type.ends_with("64") ? 8 : int64_t(size_of(info.type));
  const int64_t side = options.crop;
  const int64_t kept = side > 0 ? std::min(side * side, info.shape.pixels()) : info.shape.pixels();
  const int64_t frame = kept * int64_t(size_of(info.type) + sizeof(uint8_t));  // and its mask
  const int64_t decoding = 2 * info.shape.pixels() * value;
  const auto cores = int(std::thread::hardware_concurrency());
  const int64_t wanted = options.threads > 0 ? options.threads : std::clamp(cores, 1, most_threads);
  const int64_t most_memory = std::max(least_memory, wanted * memory_a_thread);
  const int64_t threads =
      std::clamp<int64_t>((most_memory - 2 * frame) / (decoding + 2 * frame), 1, wanted);
  const int64_t room = std::max<int64_t>(2, (most_memory - threads * decoding) / frame);
  options.threads = int(threads);
  options.ahead = std::min(options.ahead > 0 ? options.ahead : 2 * threads + 2, room);
  return options;
}

/// A ring of slots: frame i goes through slot i % slots. A thread takes the next frame number, and
/// waits until the caller is done with the frame that had the slot before.
struct FrameReader::State {
  struct Slot {
    ReadFrame frame;
    std::exception_ptr failure;
    bool ready = false;
  };

  State(const FrameSet& set, FrameReaderOptions chosen)
      : frames(set), options(within_memory(chosen, set)), slots(size_t(options.ahead)) {
    const int64_t threads = std::min<int64_t>(options.threads, frames.size());
    try {
      for (int64_t i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      const size_t started = workers.size();
      end();
      throw Error(text("of ", threads, " threads to read frames the system starts only ", started,
                       " (", error.what(), "): use fewer (-j)"));
    }
  }
  ~State() { end(); }

  void end() {
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
    ReadFrame own;  // for `use`: always the same memory, which stays in the core's cache
    for (;;) {
      std::unique_lock lock(mutex);
      const int64_t index = taken;
      if (stop || index >= frames.size()) return;
      ++taken;
      free.wait(lock, [&] { return stop || index < given + int64_t(slots.size()); });
      if (stop) return;
      lock.unlock();
      ReadTimes took;
      fill(slot(index), index, encoded, own, took);
      lock.lock();
      times.read += took.read, times.decode += took.decode, times.use += took.use;
      slot(index).ready = true;
      if (index == given) filled.notify_one();
    }
  }

  void fill(Slot& slot, int64_t index, EncodedFrame& encoded, ReadFrame& own, ReadTimes& took) {
    slot.frame.index = own.index = index, slot.frame.error.clear(), slot.failure = nullptr;
    try {
      read_frame(frames, index, options.crop, encoded, options.use ? own : slot.frame, took);
    } catch (const Error& error) {
      slot.frame.error = error.what();
      if (!options.skip_bad) slot.failure = std::current_exception();
    } catch (...) {
      slot.failure = std::current_exception();
    }
    if (!options.use || !slot.frame.error.empty() || slot.failure) return;
    try {
      Stopwatch watch;
      options.use(own);
      took.use = watch.lap();
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
  ReadTimes times;
  std::vector<std::thread> workers;
};

FrameReader::FrameReader(const FrameSet& frames, FrameReaderOptions options)
    : state_(std::make_unique<State>(frames, options)) {}
FrameReader::~FrameReader() = default;

bool FrameReader::next(ReadFrame& out) { return state_->next(out); }
int FrameReader::threads() const { return int(state_->workers.size()); }
ReadTimes FrameReader::times() const {
  const std::lock_guard lock(state_->mutex);
  return state_->times;
}

}  // namespace hitsieve
