#include "apps/page.h"

#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "apps/picture.h"
#include "apps/plot.h"

namespace hitsieve {
namespace {

constexpr const char* style = R"(<style>
:root { --ink:#21262f; --faint:#6b7280; --line:#e3e6eb; --paper:#fff;
  --band:#f6f7f9; --hit:#0a8070; }
* { box-sizing:border-box }
body { margin:0; background:var(--band); color:var(--ink);
  font:17px/1.6 system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif }
main { max-width:1180px; margin:0 auto; padding:56px 28px 80px }
h1 { font-size:40px; line-height:1.15; margin:0 0 12px; letter-spacing:-.02em }
h2 { font-size:24px; margin:0 0 6px; letter-spacing:-.01em }
p { margin:0 0 14px; max-width:75ch } .lead { font-size:20px; color:var(--faint) }
section { background:var(--paper); border:1px solid var(--line); border-radius:14px;
  padding:30px 34px; margin-top:26px }
.numbers { display:grid; grid-template-columns:repeat(auto-fit,minmax(170px,1fr)); gap:16px;
  margin-top:30px }
.number { background:var(--paper); border:1px solid var(--line); border-radius:14px;
  padding:20px 22px }
.number b { display:block; font-size:38px; line-height:1.1; color:var(--hit);
  font-variant-numeric:tabular-nums }
.number span { color:var(--faint); font-size:15px }
.two { display:grid; grid-template-columns:1fr 1fr; gap:34px } figure { margin:0 }
@media (max-width:820px) { .two { grid-template-columns:1fr } }
figcaption, .note { color:var(--faint); font-size:15px; line-height:1.45 }
img, svg { width:100%; height:auto; display:block } a { color:var(--hit) }
svg text { font-size:14px; fill:var(--faint); font-family:inherit }
svg .strong { fill:var(--ink); font-weight:600 } .grid { stroke:var(--line) }
.axis { stroke:#9aa1ac } .mark { stroke:#bf2633; stroke-width:1.5; stroke-dasharray:5 4 }
table { border-collapse:collapse; font-variant-numeric:tabular-nums; width:100% }
th, td { padding:9px 14px; text-align:right; border-bottom:1px solid var(--line) }
th { font-weight:600; color:var(--faint); font-size:15px }
th:first-child, td:first-child { text-align:left } td.right { background:#e8f5f2 }
td.wrong { background:#fdf0ef } td.wrong.none { background:none; color:var(--faint) }
.dot { display:inline-block; width:11px; height:11px; border-radius:50%; margin-right:9px }
pre { background:var(--band); border:1px solid var(--line); border-radius:9px; padding:14px 18px;
  overflow-x:auto; font:14px/1.6 ui-monospace,"Liberation Mono",monospace; margin:8px 0 0 }
ol { padding:0; margin:14px 0 0; list-style:none; counter-reset:step }
ol li { counter-increment:step; padding:12px 0 12px 46px; position:relative }
ol li::before { content:counter(step); position:absolute; left:0; top:12px; width:30px; height:30px;
  border-radius:50%; background:var(--hit); color:#fff; text-align:center; font-weight:600 }
li time { float:right; color:var(--faint) }
</style>
)";

}  // namespace

std::string section(const std::string& heading, const std::string& content) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", heading, content);
}

std::string percentage(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.1f} %", 100 * value);
}

std::string inline_png(cairo_surface_t* surface, const std::string& what) {
  return fmt::format("<img alt=\"{}\" src=\"data:image/png;base64,{}\">\n", escaped(what),
                     base64(png_of(surface)));
}

std::string picture(const Sheet& sheet) {
  const SheetSize size = size_of(sheet);
  const CairoSurface surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, size.width, size.height));
  const CairoContext context(cairo_create(surface.get()));
  draw(sheet, context.get());
  check_cairo(cairo_status(context.get()), "sheet of frames");
  return inline_png(surface.get(), "frames of each class");
}

std::string page_of(const std::string& title, const std::string& content) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escaped(title) + "</title>\n" + style + "</head>\n<body>\n<main>\n" + content +
         "</main>\n</body>\n</html>\n";
}

}  // namespace hitsieve
