// The decoders of chunk_codec.h as filters of the HDF5 library in this process, so that it reads
// what only it can (virtual datasets, several images a chunk) without plugins. They only decode.
#pragma once

namespace hitsieve {

/// Does nothing the second time. A filter that HDF5 has already is left as it is.
void register_hdf5_filters();

}  // namespace hitsieve
