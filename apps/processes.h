// The processes of one job, and messages between them. `hitsieve` is always alone, and needs no
// MPI to run; `hitsieve-mpi` beside it is the same program linked with MPI, in which they are
// those that mpirun started. Under mpirun the first becomes the second (processes_alone.cpp).
#pragma once
#include <optional>
#include <string>

namespace hitsieve {

/// One, at the beginning of main, before anything else; MPI's start and end.
class ProcessSession {
 public:
  /// Error: mpirun started several processes, but there is no hitsieve-mpi for them.
  ProcessSession(int& argc, char**& argv);
  ~ProcessSession();  ///< waits for the others
  /// Ends all processes of the job now, without waiting; only comes back when alone.
  void abort(int exit_code);
};

int process_rank();   ///< 0 is the one that writes
int process_count();  ///< 1 when alone

struct Message {
  int from;
  std::string content;
};

/// Both on the main thread only. receive() does not wait: nothing when no message is there.
void send(int to, const std::string& content);
std::optional<Message> receive();

}  // namespace hitsieve
