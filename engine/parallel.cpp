#include "engine/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/check.h"

namespace hitsieve {
namespace {

/// Each thread has a share of the chunks, one after the other, and takes from the others' when it
/// is done: what a thread has in its core's cache from one operation is its own in the next one,
/// too.
class Job {
 public:
  Job(int64_t count, int64_t chunk, const ChunkBody& body, int threads)
      : count_(count), chunk_(chunk), body_(body), shares_(size_t(threads)) {
    const int64_t chunks = (count + chunk - 1) / chunk;
    for (int64_t i = 0; i < threads; ++i) {
      shares_[size_t(i)].next = chunks * i / threads * chunk;
      shares_[size_t(i)].end = std::min(chunks * (i + 1) / threads * chunk, count);
    }
  }

  void work(int thread) {
    const size_t threads = shares_.size();
    for (size_t i = 0; i < threads; ++i) work_on(shares_[(size_t(thread) + i) % threads]);
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
  };

  void work_on(Share& share) {
    for (int64_t begin; (begin = share.next.fetch_add(chunk_)) < share.end;) try {
        body_(begin, std::min(begin + chunk_, count_));
      } catch (...) {
        for (Share& other : shares_) other.next = count_;
        const std::lock_guard lock(failure_mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
  }

  const int64_t count_, chunk_;
  const ChunkBody& body_;
  std::vector<Share> shares_;
  std::exception_ptr failure_{};
  std::mutex failure_mutex_{};
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
    try {
      for (int i = 1; i < count; ++i) workers_.emplace_back([this, i] { wait_and_work(i); });
    } catch (const std::system_error& error) {
      const size_t started = workers_.size();
      stop();
      throw Error(text("of ", count, " threads the system starts only ", started + 1, " (",
                       error.what(), "): use fewer (-j)"));
    }
  }
  ~Pool() { stop(); }
  int size() const { return int(workers_.size()) + 1; }

  void run(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      job_ = &job, ++round_;
    }
    wake_.notify_all();
    job.work(0);
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
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true, ++round_;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }
  void wait_and_work(int thread) {
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
      job->work(thread);
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

void parallel_chunks(int64_t count, int64_t chunk, const ChunkBody& body) {
  check(chunk > 0, "parallel_for: chunk ", chunk, " is not positive");
  if (count <= 0) return;
  std::unique_lock lock(pool_mutex, std::defer_lock);
  if (inside_job || count <= chunk || threads() == 1 || !lock.try_lock()) {
    for (int64_t begin = 0; begin < count; begin += chunk)
      body(begin, std::min(begin + chunk, count));
    return;
  }
  if (!pool || pool->size() != threads()) pool = std::make_unique<Pool>(threads());
  Job job(count, chunk, body, pool->size());
  inside_job = true;
  pool->run(job);
  inside_job = false;
  lock.unlock();
  job.rethrow();
}

ThisThreadAlone::ThisThreadAlone() : before_(std::exchange(inside_job, true)) {}
ThisThreadAlone::~ThisThreadAlone() { inside_job = before_; }

}  // namespace hitsieve
