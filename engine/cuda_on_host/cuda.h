// CUDA for the C++ compiler, without a toolkit: what engine/launch.cuh includes in place of
// <cuda_runtime.h>. engine/cuda_on_host/README.md says what it checks and how to use it.
#pragma once
#include "engine/cuda_on_host/atomics.h"
#include "engine/cuda_on_host/device.h"
#include "engine/cuda_on_host/device_bits.h"
#include "engine/cuda_on_host/device_math.h"
#include "engine/cuda_on_host/graph.h"
#include "engine/cuda_on_host/launch.h"
#include "engine/cuda_on_host/runtime.h"
#include "engine/cuda_on_host/schedule.h"
#include "engine/cuda_on_host/types.h"
