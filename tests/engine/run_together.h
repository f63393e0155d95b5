// Threads of the test in place of processes, for what trains together.
#pragma once
#include <barrier>
#include <thread>
#include <vector>

#include "engine/communicator.h"

namespace hitsieve::test {

/// What the threads share: a row of numbers each.
struct Meeting {
  explicit Meeting(int count) : all_there(count), rows(size_t(count)) {}
  std::barrier<> all_there;
  std::vector<std::vector<double>> rows;
};

class ThreadCommunicator : public Communicator {
 public:
  ThreadCommunicator(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}
  int rank() const override { return rank_; }
  int count() const override { return int(meeting_.rows.size()); }
  void sum(const Tensor& x) const override {
    by_float(x.dtype(), "sum", [&]<class T>() {
      const std::vector<T> own = x.values<T>();
      meeting_.rows[size_t(rank_)].assign(own.begin(), own.end());
      meeting_.all_there.arrive_and_wait();
      std::vector<T> total(own.size());
      for (const std::vector<double>& row : meeting_.rows)
        for (size_t i = 0; i < total.size(); ++i) total[i] += T(row.at(i));
      meeting_.all_there.arrive_and_wait();  // before anyone writes again
      x.copy_from(Tensor::of<T>(x.shape(), total));
    });
  }

 private:
  Meeting& meeting_;
  int rank_;
};

/// body(communicator) in `count` threads; all of it must go well in all.
template <class Body>
void run_together(int count, const Body& body) {
  Meeting meeting(count);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < count; ++rank)
    threads.emplace_back([&, rank] { body(ThreadCommunicator(meeting, rank)); });
}

}  // namespace hitsieve::test
