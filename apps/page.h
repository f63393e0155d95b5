// What the pages are made of: one HTML file each, with everything in it, to be read offline.
#pragma once
#include <string>

#include "apps/picture.h"
#include "apps/sheet.h"

namespace hitsieve {

/// A whole page, with the style that all share.
std::string page_of(const std::string& title, const std::string& content);
std::string section(const std::string& heading, const std::string& content);
std::string percentage(double value);  ///< "89.7 %"; a dash for NaN

/// Pictures as PNG inside the page; `what` is shown where they are not.
std::string inline_png(cairo_surface_t* surface, const std::string& what);
std::string picture(const Sheet& sheet);

}  // namespace hitsieve
