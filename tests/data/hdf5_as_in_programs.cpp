// HDF5 is set up as programs set it up, before a test calls it.
#include "engine/hdf5_lock.h"

[[maybe_unused]] static const bool ready = (hitsieve::set_up_hdf5(), true);
