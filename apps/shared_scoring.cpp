#include "apps/shared_scoring.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "apps/interrupt.h"
#include "apps/processes.h"
#include "apps/progress.h"

namespace hitsieve {
namespace {

// The first letter of a message.
constexpr char here = 'h';     // to 0: what this process has (Served::identity)
constexpr char chunk = 'c';    // from 0: numbers of frames
constexpr char results = 'r';  // to 0: of one chunk, and what they took
constexpr char failed = 'e';   // to 0: the error
constexpr char stop = 's';     // from 0
constexpr char stopped = 'd';  // to 0: the last message

constexpr int64_t least = 8, most = 256;  // frames in a chunk

void wait_a_moment() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

/// Plain values one after the other.
struct Packed {
  std::string bytes;
  size_t at = 1;  // after the letter

  template <class T>
  void put(const T& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <class T>
  T get() {
    T value;
    check(at + sizeof value <= bytes.size(), "a message between processes is too short");
    std::memcpy(&value, bytes.data() + at, sizeof value);
    at += sizeof value;
    return value;
  }
  bool more() const { return at < bytes.size(); }
};

/// What became of some frames, and what that took.
struct Scored {
  std::vector<FrameResult> results;
  StepTimes times;
};

std::string pack(const Scored& of) {
  Packed out{std::string(1, results)};
  out.put(of.times);
  for (const FrameResult& result : of.results) {
    out.put(result.number), out.put(result.hit), out.put(result.score);
    out.put(uint64_t(result.reason.size()));
    out.bytes += result.reason;
  }
  return out.bytes;
}

Scored unpack(const std::string& message) {
  Packed in{message};
  Scored all{{}, in.get<StepTimes>()};
  while (in.more()) {
    FrameResult result;
    result.number = in.get<int64_t>();
    result.hit = in.get<bool>();
    result.score = in.get<float>();
    const size_t size = std::min<size_t>(in.get<uint64_t>(), message.size() - in.at);
    result.reason = message.substr(in.at, size);
    in.at += size;
    all.results.push_back(std::move(result));
  }
  return all;
}

/// Scores some frames of the set.
Scored score_some(const FrameSet& frames, const Decider& decider, const ScoreOptions& options,
                  const std::vector<int64_t>& numbers) {
  Scored done;
  const auto take = [&](const ScoredFrame& frame) {
    done.results.push_back(
        {numbers[size_t(frame.index)], frame.decision.hit, frame.decision.score, frame.reason});
  };
  done.times = score_frames(frames.subset(numbers), decider, options, take);
  return done;
}

/// What is still to be handed out.
class Queue {
 public:
  explicit Queue(const std::vector<int64_t>& numbers) : numbers_(numbers) {}

  /// The next frames; none when all are handed out. From several threads.
  std::vector<int64_t> take() {
    const std::lock_guard lock(mutex_);
    const auto left = int64_t(numbers_.size()) - next_;
    const int64_t count = std::min(left, std::clamp(left / (4 * process_count()), least, most));
    const auto begin = numbers_.begin() + next_;
    next_ += count;
    return {begin, begin + count};
  }

 private:
  const std::vector<int64_t>& numbers_;
  int64_t next_ = 0;
  std::mutex mutex_;
};

/// Process 0's own share of the work, on a thread of its own: the main thread has the messages.
class OwnShare {
 public:
  OwnShare(Queue& queue, const FrameSet& frames, const Decider& decider, ScoreOptions options)
      : thread_([this, &queue, &frames, &decider, options] {
          try {
            for (auto numbers = queue.take(); !numbers.empty() && !stop_; numbers = queue.take()) {
              const Scored done = score_some(frames, decider, options, numbers);
              const std::lock_guard lock(mutex_);
              done_.results.insert(done_.results.end(), done.results.begin(), done.results.end());
              done_.times += done.times;
            }
          } catch (...) {
            const std::lock_guard lock(mutex_);
            failure_ = std::current_exception();
          }
        }) {}
  ~OwnShare() {
    stop_ = true;
    thread_.join();
  }

  Scored take() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    return std::exchange(done_, {});
  }

 private:
  std::mutex mutex_;
  Scored done_;
  std::exception_ptr failure_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;  // last: it uses the others
};

void hand_out(Queue& queue, int to) {
  const std::vector<int64_t> numbers = queue.take();
  if (numbers.empty()) return;
  Packed out{std::string(1, chunk)};
  for (const int64_t number : numbers) out.put(number);
  send(to, out.bytes);
}

}  // namespace

OtherProcesses::~OtherProcesses() {
  if (process_count() == 1) return;
  if (interrupted() && std::uncaught_exceptions() > 0) return;  // then the whole job ends
  for (int rank = 1; rank < process_count(); ++rank) send(rank, std::string(1, stop));
  for (int left = process_count() - 1; left > 0;) {
    const auto message = receive();
    if (!message) wait_a_moment();
    left -= message && message->content[0] == stopped;
  }
}

StepTimes score_shared(const FrameSet& frames, const Decider& decider, const ScoreOptions& options,
                       const std::vector<int64_t>& numbers, const TakeResults& take,
                       const CheckIdentity& check_identity) {
  Progress progress(options.what, int64_t(numbers.size()));
  ScoreOptions silent = options;
  silent.what = "";
  Queue queue(numbers);
  OwnShare own(queue, frames, decider, silent);
  int64_t done = 0;
  StepTimes times;
  const auto count_and_take = [&](const Scored& some) {
    if (!some.results.empty()) take(some.results);
    done += std::ssize(some.results);
    times += some.times;
  };
  while (done < int64_t(numbers.size())) {
    count_and_take(own.take());
    const std::optional<Message> message = receive();
    const char kind = message ? message->content[0] : ' ';
    if (!message) wait_a_moment();
    if (kind == failed) throw Error(message->content.substr(1));
    if (kind == here) {  // two chunks at first, so that one waits while it works on the other
      const std::string identity = message->content.substr(1);
      check_identity(identity, text("process ", message->from));
      hand_out(queue, message->from);
    }
    if (kind == results) count_and_take(unpack(message->content));
    if (kind == here || kind == results) hand_out(queue, message->from);
    progress.update(done);
  }
  progress.finish();
  return times;
}

namespace {

void work(const Served& served) {
  send(0, here + served.identity);
  for (;;) {
    poll_interrupt();
    const std::optional<Message> message = receive();
    if (!message) {
      wait_a_moment();
      continue;
    }
    if (message->content[0] == stop) return;
    std::vector<int64_t> numbers;
    for (Packed in{message->content}; in.more();) numbers.push_back(in.get<int64_t>());
    send(0, pack(score_some(served.frames, served.decider, served.options, numbers)));
  }
}

void wait_for_stop() {
  for (;;) {
    poll_interrupt();
    const std::optional<Message> message = receive();
    if (message && message->content[0] == stop) return;
    if (!message) wait_a_moment();
  }
}

}  // namespace

void serve(const std::function<void(const std::function<void(const Served&)>&)>& set_up) {
  try {
    set_up(work);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    send(0, failed + text(process_name(), ": ", error.what()));
    wait_for_stop();
  }
  send(0, std::string(1, stopped));
}

}  // namespace hitsieve
