// CPU threading. Work is cut by the caller's chunk size and never by the number of threads, so
// results have the same bits for any number of threads.
#pragma once
#include <cstdint>

namespace hitsieve {

/// Threads that parallel_for uses from now on; 0 means one a core. Not while work is running.
void set_threads(int count);
int threads();

/// A body of parallel_for, wherever it is: nothing is allocated for it.
struct ChunkBody {
  const void* body;
  void (*call)(const void* body, int64_t begin, int64_t end);
  void operator()(int64_t begin, int64_t end) const { call(body, begin, end); }
};
void parallel_chunks(int64_t count, int64_t chunk, const ChunkBody& body);

/// Calls body(begin, end) for the chunks [0, chunk), [chunk, 2 chunk), ... of [0, count), on all
/// threads, and returns when all are done. The first exception thrown by a chunk is rethrown here.
/// Inside a body, or while another thread's parallel_for runs, the chunks run on the calling
/// thread.
template <class Body>
void parallel_for(int64_t count, int64_t chunk, const Body& body) {
  parallel_chunks(count, chunk, {&body, [](const void* of, int64_t begin, int64_t end) {
                                   (*static_cast<const Body*>(of))(begin, end);
                                 }});
}

/// While it lives, parallel_for runs all on the calling thread and starts no threads: for a library
/// in a program that has threads of its own.
class ThisThreadAlone {
 public:
  ThisThreadAlone();
  ~ThisThreadAlone();
  ThisThreadAlone(const ThisThreadAlone&) = delete;
  ThisThreadAlone& operator=(const ThisThreadAlone&) = delete;

 private:
  bool before_;
};

}  // namespace hitsieve
