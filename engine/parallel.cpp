#include "engine/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/check.h"

namespace hitsieve {
namespace {

struct Job {
  int64_t count, chunk;
  const std::function<void(int64_t, int64_t)>& body;
  std::atomic<int64_t> next{0};
  std::exception_ptr failure{};
  std::mutex failure_mutex{};

  void work() {
    for (int64_t begin; (begin = next.fetch_add(chunk)) < count;) try {
        body(begin, std::min(begin + chunk, count));
      } catch (...) {
        next = count;
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
      }
  }
};

thread_local bool inside_job = false;

/// Looks again and again for some tens of microseconds: longer than it is from one operation of a
/// training step to the next, and less than it takes to fall asleep and to be woken.
template <class Condition>
bool comes_true_soon(const Condition& condition) {
  for (int look = 0; look < 2000; ++look) {
    if (condition()) return true;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  return false;
}

/// Threads that wait for a job, work on it together with the caller, and wait again.
class Pool {
 public:
  explicit Pool(int count) {
    for (int i = 1; i < count; ++i) workers_.emplace_back([this] { wait_and_work(); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true, ++round_;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }
  int size() const { return int(workers_.size()) + 1; }

  void run(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      job_ = &job, ++round_;
    }
    wake_.notify_all();
    job.work();
    {
      const std::lock_guard lock(mutex_);
      job_ = nullptr;  // who comes now, comes too late, and is not waited for
    }
    const auto left = [this] { return working_ == 0; };
    if (comes_true_soon(left)) return;
    std::unique_lock lock(mutex_);
    left_.wait(lock, left);
  }

 private:
  void wait_and_work() {
    inside_job = true;
    for (uint64_t seen = 0;;) {
      const auto begun = [&] { return round_ != seen; };
      comes_true_soon(begun);
      std::unique_lock lock(mutex_);
      wake_.wait(lock, begun);
      seen = round_;
      if (stop_) return;
      if (!job_) continue;
      Job* const job = job_;
      ++working_;
      lock.unlock();
      job->work();
      lock.lock();
      if (--working_ == 0) left_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, left_;
  Job* job_ = nullptr;  // while there is work in it
  std::atomic<uint64_t> round_{0};
  std::atomic<int> working_{0};
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

std::mutex pool_mutex;  // held while a job runs; a second caller works alone instead of waiting
std::unique_ptr<Pool> pool;
std::atomic<int> wanted_threads{0};

}  // namespace

void set_threads(int count) {
  check(count >= 0, "threads: ", count, " is negative");
  wanted_threads = count;
}

int threads() {
  const int wanted = wanted_threads;
  return wanted ? wanted : std::max(1, int(std::thread::hardware_concurrency()));
}

void parallel_for(int64_t count, int64_t chunk, const std::function<void(int64_t, int64_t)>& body) {
  check(chunk > 0, "parallel_for: chunk ", chunk, " is not positive");
  if (count <= 0) return;
  Job job{count, chunk, body};
  std::unique_lock lock(pool_mutex, std::defer_lock);
  if (inside_job || count <= chunk || threads() == 1 || !lock.try_lock()) {
    job.work();
  } else {
    if (!pool || pool->size() != threads()) pool = std::make_unique<Pool>(threads());
    inside_job = true;
    pool->run(job);
    inside_job = false;
  }
  if (job.failure) std::rethrow_exception(job.failure);
}

ThisThreadAlone::ThisThreadAlone() : before_(std::exchange(inside_job, true)) {}
ThisThreadAlone::~ThisThreadAlone() { inside_job = before_; }

}  // namespace hitsieve
