// cuBLAS. Its matrices are column-major: what it makes of b and a, in this order, is the transpose
// of c, and so c in rows.
#include <algorithm>
#include <limits>

#include <cublas_v2.h>

#include "engine/launch.cuh"
#include "engine/tensor.h"
#include "kernels/gemm.h"

namespace hitsieve {
namespace {

void cublas_check(cublasStatus_t status, const char* what) {
  check(status == CUBLAS_STATUS_SUCCESS, what, ": cuBLAS: ", cublasGetStatusString(status));
}

class CublasHandle {
 public:
  CublasHandle() {
    cublas_check(cublasCreate(&handle_), "new handle");
    // IEEE arithmetic in the type of the elements (no TF32), and the same bits each time.
    cublas_check(cublasSetMathMode(handle_, CUBLAS_DEFAULT_MATH), "math mode");
    cublas_check(cublasSetAtomicsMode(handle_, CUBLAS_ATOMICS_NOT_ALLOWED), "atomics mode");
  }
  ~CublasHandle() { cublasDestroy(handle_); }
  CublasHandle(const CublasHandle&) = delete;
  CublasHandle& operator=(const CublasHandle&) = delete;
  operator cublasHandle_t() const { return handle_; }

 private:
  cublasHandle_t handle_ = nullptr;
};

cublasStatus_t gemm(cublasHandle_t handle, cublasOperation_t of_a, cublasOperation_t of_b, int m,
                    int n, int k, const float* a, int lda, const float* b, int ldb, float* c) {
  const float one = 1, zero = 0;
  return cublasSgemm(handle, of_a, of_b, m, n, k, &one, a, lda, b, ldb, &zero, c, m);
}

cublasStatus_t gemm(cublasHandle_t handle, cublasOperation_t of_a, cublasOperation_t of_b, int m,
                    int n, int k, const double* a, int lda, const double* b, int ldb, double* c) {
  const double one = 1, zero = 0;
  return cublasDgemm(handle, of_a, of_b, m, n, k, &one, a, lda, b, ldb, &zero, c, m);
}

template <class T>
void product(const GemmSizes& s, const T* a, const T* b, T* c) {
  if (s.M == 0 || s.N == 0) return;
  if (s.K == 0) {  // nothing to multiply: the leading sizes would be 0
    cuda_check(cudaMemsetAsync(c, 0, size_t(s.M * s.N) * sizeof(T), current_stream()), "gemm");
    return;
  }
  check(std::max({s.M, s.N, s.K}) <= std::numeric_limits<int>::max(), "gemm: ", s.M, " x ", s.N,
        " x ", s.K, " is too large for cuBLAS");
  // A handle a thread. Its memory to work with is of this call and in the order of this stream, and
  // always as large: two streams never share it, and the choice of the algorithm does not depend
  // on what ran before.
  constexpr int64_t workspace_bytes = 32 << 20;  // what NVIDIA recommends for sm_90, the most
  thread_local CublasHandle handle;
  const Tensor workspace({workspace_bytes}, DType::u8, Device::cuda);
  cublas_check(cublasSetStream(handle, current_stream()), "gemm");  // takes the workspace away
  cublas_check(cublasSetWorkspace(handle, workspace.bytes(), size_t(workspace_bytes)), "gemm");
  const int M = int(s.M), N = int(s.N), K = int(s.K);
  cublas_check(gemm(handle, s.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                    s.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, N, M, K, b, s.transpose_b ? K : N, a,
                    s.transpose_a ? M : K, c),
               "gemm");
}

template <class T>
constexpr GemmKernels<T> kernels{product<T>};

}  // namespace

template <>
const GemmKernels<float> On<GemmKernels<float>>::library = kernels<float>;
template <>
const GemmKernels<double> On<GemmKernels<double>>::library = kernels<double>;

}  // namespace hitsieve
