// 16-bit floats for kernels: __half and __nv_bfloat16 as storage types, with CUDA's conversions
// __float2half, __half2float, __float2bfloat16, __bfloat162float (to nearest, halves to even).
// Arithmetic is done in float.
#pragma once
#include "engine/launch.cuh"

#if HITSIEVE_NVCC
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#else
#include "engine/cuda_on_host/half.h"
#endif
