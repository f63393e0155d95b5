// The installed tree, and the example programs built against it.
#pragma once
#include <string>

/// `cmake --install`, moved elsewhere afterwards, as it may be. Made once a process.
const std::string& installed_prefix();

/// The folder of screen_c and screen_cpp, configured by find_package(hitsieve) in the moved tree.
const std::string& built_examples();
