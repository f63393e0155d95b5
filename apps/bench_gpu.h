// The part of `hitsieve bench` that a GPU does, and how that is shown.
#pragma once
#include <string>
#include <vector>

#include "apps/bench.h"
#include "apps/bench_frames.h"
#include "nets/model.h"

namespace hitsieve {

/// `cpu` is what has been measured without it; `set` is null where there is no file.
GpuBench measure_gpu(const BenchOptions& options, const std::vector<Model>& models,
                     const FramesInMemory& frames, const FrameSet* set, const BenchResult& cpu);

std::string gpu_table(const GpuBench& gpu);
nlohmann::ordered_json gpu_json(const GpuBench& gpu);
std::string gpu_section(const GpuBench& gpu);  ///< of the page

}  // namespace hitsieve
