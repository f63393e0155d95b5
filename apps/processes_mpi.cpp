#include <cstdlib>
#include <limits>
#include <memory>
#include <string>

#include <mpi.h>

#include "apps/fingerprint.h"
#include "apps/nccl.h"
#include "apps/processes.h"
#include "engine/check.h"

namespace hitsieve {
namespace {

int rank = 0, count = 1;

/// The processes of one machine take a GPU each: this one the one of its number there, among those
/// that CUDA_VISIBLE_DEVICES allows. Before CUDA is asked for anything.
void choose_gpu() {
  MPI_Comm machine;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  int number = 0, processes = 1;
  MPI_Comm_rank(machine, &number);
  MPI_Comm_size(machine, &processes);
  MPI_Comm_free(&machine);
  if (processes == 1) return;
  std::string chosen = std::to_string(number);
  if (const char* allowed = std::getenv("CUDA_VISIBLE_DEVICES")) {
    std::string rest = allowed;
    if (rest.find(',') == std::string::npos) return;  // one for each already, or none
    for (int skipped = 0; skipped < number; ++skipped) {
      const size_t comma = rest.find(',');
      rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    }
    chosen = rest.substr(0, rest.find(','));
  }
  ::setenv("CUDA_VISIBLE_DEVICES", chosen.c_str(), 1);
}

std::string fingerprint(int argc, char** argv) {
  Fingerprint print;
  for (int i = 1; i < argc; ++i) print.add(argv[i]);
  return print.text();
}

bool same_in_all(std::string text) {
  const std::string own = text;
  MPI_Bcast(text.data(), int(text.size()), MPI_CHAR, 0, MPI_COMM_WORLD);
  int same = text == own, all = 0;
  MPI_Allreduce(&same, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  return all == 1;
}

class MpiCommunicator : public Communicator {
 public:
  int rank() const override { return hitsieve::rank; }
  int count() const override { return hitsieve::count; }
  void sum(const Tensor& x) const override {
    check(x.count() <= std::numeric_limits<int>::max(), "a sum over processes of ", x.count(),
          " numbers is too long for MPI");
    if constexpr (built_with_nccl) {
      if (x.device() == Device::cuda) return by_nccl(x);
    }
    by_float(x.dtype(), "sum over processes", [&]<class T>() {
      const Tensor host = x.to(Device::cpu);  // x itself where it is there
      const MPI_Datatype type = sizeof(T) == 4 ? MPI_FLOAT : MPI_DOUBLE;
      // In one process and then to all: MPI_Allreduce may give each other bits.
      MPI_Reduce(rank() == 0 ? MPI_IN_PLACE : host.data<T>(), host.data<T>(), int(x.count()), type,
                 MPI_SUM, 0, MPI_COMM_WORLD);
      MPI_Bcast(host.data<T>(), int(x.count()), type, 0, MPI_COMM_WORLD);
      if (x.device() != Device::cpu) x.copy_from(host);
    });
  }

 private:
  void by_nccl(const Tensor& x) const {
    if (!gpus_)
      gpus_ = make_nccl(rank(), count(), [](void* id, size_t bytes) {
        MPI_Bcast(id, int(bytes), MPI_BYTE, 0, MPI_COMM_WORLD);
      });
    gpus_->sum(x);
  }
  mutable std::unique_ptr<Nccl> gpus_;
};

}  // namespace

// MPI's own default ends the whole job when a call fails, and so does mpirun when a process dies;
// the journal of process 0 then has what was done.
ProcessSession::ProcessSession(int& argc, char**& argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  check(provided >= MPI_THREAD_FUNNELED, "this MPI library does not allow threads");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  choose_gpu();
  if (same_in_all(fingerprint(argc, argv))) return;
  MPI_Finalize();
  throw Error(
      "the processes of this job were started with different arguments, and would wait for "
      "each other without an end: give all the same; what each is to do they share "
      "themselves, without --part");
}

ProcessSession::~ProcessSession() { MPI_Finalize(); }

void ProcessSession::abort(int exit_code) { MPI_Abort(MPI_COMM_WORLD, exit_code); }

int process_rank() { return rank; }
int process_count() { return count; }

const Communicator* process_communicator() {
  static const MpiCommunicator all;
  return count > 1 ? &all : nullptr;
}

void send(int to, const std::string& content) {
  MPI_Send(content.data(), int(content.size()), MPI_BYTE, to, 0, MPI_COMM_WORLD);
}

std::optional<Message> receive() {
  int there = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &there, &status);
  if (!there) return std::nullopt;
  int size = 0;
  MPI_Get_count(&status, MPI_BYTE, &size);
  Message message{status.MPI_SOURCE, std::string(size_t(size), '\0')};
  MPI_Recv(message.content.data(), size, MPI_BYTE, message.from, 0, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  return message;
}

}  // namespace hitsieve
