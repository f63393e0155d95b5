// HS_HD marks a function that runs on the host and in CUDA kernels alike, so that its arithmetic
// is written once. (The only other place that asks which compiler it is: launch.cuh.)
#pragma once

#ifdef __CUDACC__
#define HS_HD __host__ __device__
#else
#define HS_HD
#endif
