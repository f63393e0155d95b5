#include <cmath>

#include <doctest/doctest.h>

#include "data/assembly.h"
#include "data/geometry.h"
#include "tests/temporary_folder.h"

using namespace hitsieve;

namespace {

const std::string panel =
    "p/min_fs = 0\np/max_fs = 3\np/min_ss = 2\np/max_ss = 3\np/fs = x\np/ss = y\n"
    "p/corner_x = 0\np/corner_y = 0\np/res = 10000\n";

Geometry parsed(const std::string& more) { return parse_geometry(panel + more, "a.geom"); }
std::string refusal(const std::string& content) {
  return error_of([&] { parse_geometry(content, "a.geom"); });
}

Assembly assembled(const Geometry& geometry, int64_t row) {
  std::vector<RawPanel> raw;
  for (size_t i = 0; i < geometry.panels.size(); ++i) raw.push_back({int64_t(i) * 100, row});
  return assemble(geometry, raw);
}

}  // namespace

TEST_CASE("geometry: values, comments, and what is passed over") {
  const Geometry geometry = parse_geometry(
      "; a comment\r\n\nclen = /LCLS/detector ; why\nphoton_energy = 9000 eV\nres = 9097.52\n"
      "adu_per_eV = 0.00338\ndata = /entry/data\ndim0 = %\ndim1 = ss\ndim2 = fs\n"
      "max_adu = 14000 ; saturated\nmask = /mask\nmask_good = 0x0000\nmask_bad = 0xffff\n"
      "q0a0/min_fs = 0\nq0a0/max_fs = 193.000\nq0a0/min_ss = 0\nq0a0/max_ss = 184\n"
      "q0a0/corner_x = 431.23\nq0a0/corner_y = -18.5\nq0a0/fs = +0.005x -1.0y +0.1z\n"
      "q0a0/ss = x+0.005y\nq0a0/no_index = 1\nq0a0/what = 3\nrigid_group_q0 = q0a0\n"
      "flag_lessthan = 5\nq0a1/min_fs = 194\nq0a1/max_fs = 387\nq0a1/min_ss = 0\n"
      "q0a1/max_ss = 184\nq0a1/corner_x = 0\nq0a1/corner_y = 0\nq0a1/fs = -x\nq0a1/ss = -2.5y\n",
      "a.geom");
  REQUIRE(geometry.panels.size() == 2);
  const GeometryPanel &first = geometry.panels[0], &second = geometry.panels[1];
  CHECK(first.data == "/entry/data");
  CHECK(first.has_frames());
  CHECK(first.max_fs == 193);
  CHECK(first.corner.y == -18.5);
  CHECK(first.fs.x == 0.005);
  CHECK(first.fs.y == -1);
  CHECK(first.ss.x == 1);
  CHECK(first.ss.y == 0.005);
  CHECK(first.no_index);
  CHECK(first.flags.above == 14000);
  CHECK(std::isinf(first.flags.below));  // stands below the panel's first line
  REQUIRE(first.masks.size() == 1);
  CHECK(first.masks.at(0) == GeometryMask{"/mask", "", 0, 0xffff});
  CHECK(second.flags.below == 5);
  CHECK(!second.no_index);
  CHECK(second.ss.y == -2.5);
  REQUIRE(geometry.notes.size() == 1);
  CHECK(geometry.notes[0] == "a.geom: 'what' is not known, and passed over");
}

TEST_CASE("geometry: what is wrong is said with file and line, or panel") {
  const std::pair<const char*, const char*> lines[] = {
      {"nothing", "a.geom, line 10: 'nothing' is not of the form key = value"},
      {"p/corner_x = 1,5", "line 10: '1,5' is not a number"},
      {"p/corner_x = nan", "line 10: 'nan' is not a number"},
      {"p/min_fs = -3", "line 10: '-3' is not a whole number"},
      {"p/fs = 1.0", "line 10: '1.0' is not a direction"},
      {"p/fs = 1.0q+x", "line 10: '1.0q+' is not a number"},
      {"p/fs = 1e308x+1e308x", "line 10: '1e308x+1e308x' is too long"},
      {"p/fs =", "line 10: a direction is missing"},
      {"p/dim9 = ss", "line 10: 'dim9': at most dim7"},
      {"p/dim0 = up", "line 10: 'up' is not a number"},
      {"p/mask9_data = /m", "line 10: 'mask9_data': at most mask7"},
      {"p/mask1_bits = 3", "line 10: 'mask1_bits' is not known of masks"},
      {"p/mask_bad = 0x1ffffffff", "line 10: '0x1ffffffff' is not a set of 32 bits"},
      {"badx/min_z = 3", "line 10: 'min_z' is not known of bad regions"},
      {"badx/comment_x = 3", "line 10: 'comment_x' is not known of bad regions"},
      {"badx/maxi_x = 3", "line 10: 'maxi_x' is not known of bad regions"},
      {"p/no_index = maybe", "line 10: 'maybe' is neither true nor false"},
      {"p/data = here", "panel p: data = here"},
      {"p/max_fs = 0\nq/min_fs = 0", "panel q: min_fs, max_fs, min_ss and max_ss"},
      {"p/min_ss = 4", "panel p: fs from 0 to 3, ss from 4 to 3 is no panel"},
      {"p/ss = x", "panel p: fs and ss lead in the same direction"},
      {"p/res = 0", "panel p: res is needed"},
      {"p/dim0 = fs\np/dim1 = fs", "panel p: of its axes (dim0, dim1, ...) one is ss, one is fs"},
      {"p/dim0 = ss\np/dim1 = %\np/dim2 = fs", "panel p: dim1 = % is not supported: the frames'"},
      {"p/dim4 = 0", "panel p: dim2 is missing"},
      {"p/mask0_file = m.h5", "panel p: mask0 without its dataset"},
      {"p/mask0_data = /m", "would mask nothing"},
      {"bad1/min_fs = 1\nbad1/panel = r", "bad region bad1: no panel 'r'"},
      {"bad1/min_fs = 1\nbad1/max_fs = 9", "bad region bad1: is not inside its panel p"},
      {"bad1/min_x = 1", "bad region bad1: min_x, max_x, min_y and max_y are all needed"},
      {"bad1/min_x = 1\nbad1/min_fs = 0", "line 11: x and y, or fs and ss"},
      {"max_adu = 3", "'max_adu' stands below the last panel"}};
  for (const auto& [line, why] : lines) {
    CAPTURE(line);
    CHECK_CONTAINS(refusal(panel + line + "\n"), why);
  }
  CHECK_CONTAINS(refusal("res = 1\n"), "a.geom: the geometry has no panels");
  CHECK_CONTAINS(error_of([] { read_geometry("/none.geom"); }), "/none.geom: no such file");
  for (size_t length = 0; length + 7 < panel.size(); ++length)  // before the value of res
    CHECK(!refusal(panel.substr(0, length)).empty());
}

TEST_CASE("assembly: pixels go where their centres are, gaps are masked, the beam is the middle") {
  const Geometry geometry = parsed(
      "q/min_fs = 0\nq/max_fs = 1\nq/min_ss = 0\nq/max_ss = 0\n"
      "q/fs = y\nq/ss = -x\nq/corner_x = -2.3\nq/corner_y = -3\n"
      "q/res = 10000\n");
  const Assembly assembly = assembled(geometry, 10);
  CHECK(assembly.shape == FrameShape{6, 8});
  const auto at = [&](int64_t y, int64_t x) { return assembly.raw[size_t((y + 3) * 8 + x + 4)]; };
  for (int fs = 0; fs < 4; ++fs) CHECK(at(0, fs) == 20 + fs);
  CHECK(at(1, 3) == 33);
  CHECK(at(-3, -3) == 100);  // its centre is at -2.8, -2.5
  CHECK(at(-2, -3) == 101);
  CHECK(at(-1, -3) == -1);
  CHECK(assembly.gaps.masked() == 48 - 10);
  CHECK(assembly.lost == 0);
}

TEST_CASE("assembly: bad regions, edges and panels that are left out") {
  const Assembly region =
      assembled(parsed("bad1/min_fs = 1\nbad1/max_fs = 2\nbad1/min_ss = 3\nbad1/max_ss = 3\n"
                       "bad2/min_x = 1.5\nbad2/max_x = 3.5\nbad2/min_y = -1\nbad2/max_y = 0.5\n"),
                10);
  for (int64_t y = 0; y < 2; ++y)
    for (int64_t x = 0; x < 4; ++x) {
      const bool bad = y == 1 ? x == 1 || x == 2 : x >= 2;  // inclusive in fs and ss; by corners
      CHECK(bool(region.bad.bad[size_t((y + 2) * 8 + x + 4)]) == bad);
    }
  CHECK(assembled(parsed("p/no_index = 1\n"), 10).bad.masked() == 8);
  CHECK(assembled(parsed("p/mask_edge_pixels = 1\n"), 10).bad.masked() == 8);
}

TEST_CASE(
    "assembly: of two pixels in one place the nearer stays; a panel over another is refused") {
  const std::string second =
      "q/min_fs = 0\nq/max_fs = 3\nq/min_ss = 0\nq/max_ss = 3\nq/fs = x\nq/ss = y\n"
      "q/res = 10000\n";
  const Assembly apart = assembled(parsed(second + "q/corner_x = 0.1\nq/corner_y = 1\n"), 10);
  CHECK(apart.lost == 4);  // the row that both have
  CHECK(apart.raw[size_t((1 + 5) * 8 + 4)] == 30);
  const Assembly nearer =
      assembled(parsed(second + "q/corner_x = 0\nq/corner_y = 1\np/corner_y = 0.2\n"), 10);
  CHECK(nearer.raw[size_t((1 + 5) * 8 + 4)] == 100);
  CHECK_CONTAINS(error_of([&] {
                   assembled(parsed(second + "q/max_ss = 2\nq/corner_x = 0\nq/corner_y = -1\n"),
                             10);
                 }),
                 "panel q lies over panel p");
  CHECK(apart.doubled == 0);
  const Geometry same = parsed(second + "q/corner_x = 0\nq/corner_y = 4\n");
  CHECK(assemble(same, {{0, 10}, {0, 10}}).doubled == 8);  // both take rows 2 and 3
  const Assembly turned = assembled(parsed("p/fs = 0.8x+0.6y\np/ss = -0.6x+0.8y\n"), 10);
  CHECK(int64_t(turned.raw.size()) - turned.gaps.masked() + turned.lost == 8);
  CHECK_CONTAINS(error_of([&] { assembled(parsed("p/corner_x = 1e8\n"), 10); }), "too far");
}

TEST_CASE("assembly: what is no number, and panels of no end, are refused and not written to") {
  const auto refused = [](const std::string& more) {
    return error_of([&] { assembled(parsed(more), 10); });
  };
  // From a corner to the next: infinity, and back.
  CHECK_CONTAINS(refused("p/fs = 1e308x+y\np/ss = -1e308x\np/max_fs = 1000\np/max_ss = 1000\n"),
                 "a.geom: panel p reaches too far");
  CHECK_CONTAINS(refused("p/fs = 0.04x\np/ss = 0.04y\np/max_fs = 99999\np/max_ss = 99999\n"),
                 "a.geom: the panels have over 67108864 pixels");
}

TEST_CASE("geometry: words of a file that is none are shown in one short line") {
  const std::string why = refusal(std::string("\x1b[2J\0", 5) + std::string(5000, 'x'));
  CHECK_CONTAINS(why, "a.geom, line 1: '?[2J?xxx");
  CHECK(why.size() < 200);
}
