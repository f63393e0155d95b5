#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "apps/processes.h"
#include "engine/check.h"

namespace hitsieve {
namespace {

/// How many processes a starter of MPI programs (Open MPI's, MPICH's) says there are.
int started_processes() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const char* count = std::getenv(name)) return std::atoi(count);
  return 1;
}

}  // namespace

ProcessSession::ProcessSession(int&, char**& argv) {
  const int count = started_processes();
  if (count <= 1) return;
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string other = (self.parent_path() / "hitsieve-mpi").string();
  ::execv(other.c_str(), argv);
  throw Error(text("was started as ", count,
                   " processes, which would all do the same work: ", other, " cannot be run (",
                   std::strerror(errno), "); build with MPI (-DHITSIEVE_MPI=ON), or use --part"));
}

ProcessSession::~ProcessSession() = default;
void ProcessSession::abort(int) {}

int process_rank() { return 0; }
int process_count() { return 1; }
const Communicator* process_communicator() { return nullptr; }

void send(int to, const std::string&) { throw Error(text("there is no process ", to)); }
std::optional<Message> receive() { return std::nullopt; }

}  // namespace hitsieve
