// cuBLAS as its documentation has it, on host memory: column-major c = alpha op(a) op(b) + beta c.
#include <algorithm>

#include <cublas_v2.h>

struct cublasContext {
  cublasMath_t math = CUBLAS_TF32_TENSOR_OP_MATH;
  cublasAtomicsMode_t atomics = CUBLAS_ATOMICS_ALLOWED;
  bool stream_set = false;
  size_t workspace = 0;
};

namespace {

template <class T>
cublasStatus_t gemm(cublasHandle_t handle, cublasOperation_t of_a, cublasOperation_t of_b, int m,
                    int n, int k, const T* alpha, const T* a, int lda, const T* b, int ldb,
                    const T* beta, T* c, int ldc) {
  if (!handle->stream_set || handle->workspace == 0 || handle->math != CUBLAS_DEFAULT_MATH ||
      handle->atomics != CUBLAS_ATOMICS_NOT_ALLOWED)
    return CUBLAS_STATUS_NOT_INITIALIZED;
  const bool a_stays = of_a == CUBLAS_OP_N, b_stays = of_b == CUBLAS_OP_N;
  if (m < 0 || n < 0 || k < 0 || lda < std::max(1, a_stays ? m : k) ||
      ldb < std::max(1, b_stays ? k : n) || ldc < std::max(1, m))
    return CUBLAS_STATUS_INVALID_VALUE;
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < m; ++i) {
      double sum = 0;
      for (int l = 0; l < k; ++l)
        sum += double(a_stays ? a[i + l * lda] : a[l + i * lda]) *
               double(b_stays ? b[l + j * ldb] : b[j + l * ldb]);
      T& out = c[i + j * ldc];
      out = T(double(*alpha) * sum + (*beta == 0 ? 0 : double(*beta) * double(out)));
    }
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t) {
  handle->stream_set = true, handle->workspace = 0;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, size_t bytes) {
  if (!workspace) return CUBLAS_STATUS_INVALID_VALUE;
  handle->workspace = bytes;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  handle->math = mode;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetAtomicsMode(cublasHandle_t handle, cublasAtomicsMode_t mode) {
  handle->atomics = mode;
  return CUBLAS_STATUS_SUCCESS;
}
const char* cublasGetStatusString(cublasStatus_t) { return "not as documented"; }

cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, cublasOperation_t of_a, cublasOperation_t of_b,
                              int m, int n, int k, const float* alpha, const float* a, int lda,
                              const float* b, int ldb, const float* beta, float* c, int ldc) {
  return gemm(handle, of_a, of_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
cublasStatus_t cublasDgemm_v2(cublasHandle_t handle, cublasOperation_t of_a, cublasOperation_t of_b,
                              int m, int n, int k, const double* alpha, const double* a, int lda,
                              const double* b, int ldb, const double* beta, double* c, int ldc) {
  return gemm(handle, of_a, of_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

}  // extern "C"
