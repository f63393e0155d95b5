#include <mpi.h>

#include "apps/processes.h"
#include "engine/check.h"

namespace hitsieve {
namespace {

int rank = 0, count = 1;

}  // namespace

// MPI's own default ends the whole job when a call fails, and so does mpirun when a process dies;
// the journal of process 0 then has what was done.
ProcessSession::ProcessSession(int& argc, char**& argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  check(provided >= MPI_THREAD_FUNNELED, "this MPI library does not allow threads");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &count);
}

ProcessSession::~ProcessSession() { MPI_Finalize(); }

void ProcessSession::abort(int exit_code) { MPI_Abort(MPI_COMM_WORLD, exit_code); }

int process_rank() { return rank; }
int process_count() { return count; }

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
