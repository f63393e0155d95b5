#include "engine/communicator.h"

#include <algorithm>

namespace hitsieve {
namespace {

template <class T>
void sum_values(std::vector<T>& x, const Communicator* together) {
  if (!together || x.empty()) return;
  const Tensor all = Tensor::of<T>({std::ssize(x)}, x);
  together->sum(all);
  std::copy_n(all.data<T>(), x.size(), x.begin());
}

}  // namespace

Share share_of(int64_t rows, const Communicator* together) {
  if (!together) return {0, rows, rows};
  const int64_t first = rows * together->rank() / together->count();
  return {first, rows * (together->rank() + 1) / together->count() - first, rows};
}

void sum(std::vector<float>& x, const Communicator* together) { sum_values(x, together); }
void sum(std::vector<double>& x, const Communicator* together) { sum_values(x, together); }

}  // namespace hitsieve
