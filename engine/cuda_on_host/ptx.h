// The emulated bodies of engine/ptx.cuh, with the fragment layouts of the PTX ISA manual.
#pragma once
#include <cstddef>
#include <cstdint>

#include "engine/cuda_on_host/grid.h"

namespace hitsieve::emu {

void async_copy(void* to, const void* from, size_t bytes, size_t read_bytes);
void async_commit();
void async_wait(size_t groups_left);

/// d += a b for 16 x 8 (row) and 8 x 8 (column) tf32, of which only 10 bits of mantissa are read.
void mma_tf32(const Site& site, float d[4], const uint32_t a[4], const uint32_t b[2]);
/// d += a b for 16 x 16 (row) and 16 x 8 (column) bf16, two a register.
void mma_bf16(const Site& site, float d[4], const uint32_t a[4], const uint32_t b[2]);

/// Four 8 x 8 matrices of 16-bit elements; each lane brings the address of one of the 32 rows.
void load_matrices(const Site& site, uint32_t r[4], const void* row, bool transpose);

uint32_t round_to_tf32(float x);

}  // namespace hitsieve::emu
