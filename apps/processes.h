// The processes of one job, and messages between them. `hitsieve` is always alone, and needs no
// MPI to run; `hitsieve-mpi` beside it is the same program linked with MPI, in which they are
// those that mpirun started. Under mpirun the first becomes the second (processes_alone.cpp).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/communicator.h"

namespace hitsieve {

/// One, at the beginning of main, before anything else; MPI's start and end.
class ProcessSession {
 public:
  /// Error: mpirun started several processes, but there is no hitsieve-mpi for them, or they have
  /// different arguments.
  ProcessSession(int& argc, char**& argv);
  ~ProcessSession();  ///< waits for the others
  /// Ends all processes of the job now, without waiting; only comes back when alone.
  void abort(int exit_code);
};

int process_rank();          ///< 0 is the one that writes
int process_count();         ///< 1 when alone
std::string process_name();  ///< "process 1 on HOST"

/// For sums over all of them, of tensors on GPUs by NCCL where it was built in; null when alone.
const Communicator* process_communicator();

/// Runs `begin` in all processes, which gives a number for what it has read. Throws in all when it
/// throws in one: its own error in process 0, or, there, what the other's was. Error when the
/// numbers differ. After it, they can wait for each other.
void begin_together(const std::function<uint64_t()>& begin);

/// Whether the processes wait for each other now, so that one that fails must end all.
inline bool in_step = false;

struct Message {
  int from;
  std::string content;
};

/// Both on the main thread only. receive() does not wait: nothing when no message is there.
void send(int to, const std::string& content);
std::optional<Message> receive();

}  // namespace hitsieve
