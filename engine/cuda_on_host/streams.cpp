#include "engine/cuda_on_host/streams.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "engine/check.h"
#include "engine/cuda_on_host/graph.h"
#include "engine/cuda_on_host/memory.h"
#include "engine/cuda_on_host/schedule.h"

namespace hitsieve::emu {
namespace {

bool& async_mode() {
  static bool on = [] {
    const char* const value = std::getenv("HITSIEVE_EMU_ASYNC");
    return value && std::strcmp(value, "0") != 0;
  }();
  return on;
}

}  // namespace

bool async() { return async_mode(); }

void set_async(bool on) {
  const std::lock_guard lock(runtime_mutex());
  if (!on) Streams::instance().synchronize_all();
  async_mode() = on;
}

Streams& Streams::instance() {
  static Streams& streams = *new Streams;  // outlives every static that owns a stream
  return streams;
}

Stream* Streams::create(bool blocking) {
  created_.push_back(new Stream(blocking));
  return created_.back();
}

void Streams::destroy(Stream* stream) {
  check(stream, "the default stream cannot be destroyed");
  check(!get(stream).capture, "a stream is destroyed while it is captured");
  synchronize(*stream);
  std::erase(created_, stream);
  delete stream;
}

Stream& Streams::get(Stream* stream) {
  if (!stream) return default_;
  check(std::find(created_.begin(), created_.end(), stream) != created_.end(),
        "stream used after it was destroyed");
  return *stream;
}

void Streams::enqueue(Stream* handle, std::function<void()> run) {
  Stream& stream = get(handle);
  if (stream.capture) return stream.capture->add(std::move(run));
  std::vector<Progress> after = std::exchange(stream.next_after, {});
  if (&stream == &default_) {
    for (Stream* other : created_)
      if (other->blocking) after.push_back({other, other->enqueued});
  } else if (stream.blocking) {
    after.push_back({&default_, default_.enqueued});
  }
  stream.work.push_back({std::move(run), std::move(after)});
  ++stream.enqueued;
  if (!async()) synchronize(stream);
}

void Streams::run(Progress until) {
  if (until.stream != &default_ &&
      std::find(created_.begin(), created_.end(), until.stream) == created_.end())
    return;  // destroyed, hence done
  Stream& stream = *until.stream;
  while (stream.done < until.count) {
    const Stream::Work work = std::move(stream.work.front());
    stream.work.pop_front();
    ++stream.done;  // before it runs: a kernel that throws is not run again
    for (const Progress& first : work.after) this->run(first);
    DeviceMemory::instance().show();
    work.run();
  }
}

void Streams::synchronize_all() {
  synchronize(default_);
  for (size_t i = 0; i < created_.size(); ++i) synchronize(*created_[i]);
}

}  // namespace hitsieve::emu
