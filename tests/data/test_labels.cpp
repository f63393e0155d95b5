#include <doctest/doctest.h>

#include "data/labels.h"
#include "tests/data/runs.h"

using namespace hitsieve;

namespace {

constexpr FrameShape shape{4, 4};
using enum Label;

struct Run {
  TemporaryFolder folder;
  std::string path = folder / "a.cxi";
  Run() { write_run(path, 4, shape); }
  FrameSet set() const { return FrameSet({path}); }
  std::string refusal(const std::string& source) const {
    return error_of([&] { read_labels(source, set()); });
  }
  std::string refusal_of_text(const std::string& content) const {
    return error_of([&] { parse_label_text(content, "labels.txt", 4); });
  }
  template <class T>
  std::string labels_file(const std::string& dataset, const std::vector<T>& values) const {
    Hdf5File file = Hdf5File::create(folder / "labels.h5");
    file.write(dataset, values.data(), {int64_t(values.size())});
    file.close();
    return folder / "labels.h5:" + dataset;
  }
};

}  // namespace

TEST_CASE("labels: the text form, in any order, with empty lines, and back") {
  const std::string content =
      "r0095_2000.h5 [2] MAYBE\n\nr0095_2000.h5 [1] MISS\r\nr0095_2000.h5 [3] HIT\n";
  const LabelText labels = parse_label_text(content, "labels.txt", 3);
  CHECK(labels.of == std::vector<Label>{miss, maybe, hit});
  CHECK(labels.file == "r0095_2000.h5");
  CHECK(parse_label_text(label_text(labels.of, "run.cxi"), "again", 3).of == labels.of);
  CHECK(label_text(labels.of, "r.cxi") == "r.cxi [1] MISS\nr.cxi [2] MAYBE\nr.cxi [3] HIT\n");
  CHECK(is_hit(maybe));
  CHECK(!is_hit(miss));
}

TEST_CASE("labels: of another file than the frames' are taken with a note") {
  const Run run;
  const auto note = [&](const std::string& file) {
    put_file(run.folder / "labels.txt", label_text({miss, miss, hit, hit}, file));
    return read_labels(run.folder / "labels.txt", run.set()).note;
  };
  CHECK(note("a.cxi").empty());
  CHECK(note("/elsewhere/a.h5").empty());
  CHECK_CONTAINS(note("b.cxi"), "labels.txt: has the labels of b.cxi, the frames are those of ");
  CHECK_CONTAINS(note("b.cxi"), "a.cxi");
}

TEST_CASE("labels: bad text is refused with its line") {
  const Run run;
  const std::string three = "f [1] MISS\nf [2] HIT\nf [3] MISS\n";
  CHECK_CONTAINS(run.refusal_of_text(three),
                 "labels.txt: 3 labels for 4 frames; frame 4 (1-based) has none");
  CHECK_CONTAINS(run.refusal_of_text(three + "f [4] HIT\nf [5] HIT\n"),
                 "labels.txt, line 5: frame 5 (1-based), but there are 4 frames");
  CHECK_CONTAINS(run.refusal_of_text(three + "f [4] PERHAPS\n"),
                 "labels.txt, line 4: unknown label 'PERHAPS', want HIT, MAYBE or MISS");
  CHECK_CONTAINS(run.refusal_of_text(three + "f [2] HIT\n"),
                 "labels.txt, line 4: frame 2 has a label already, on line 2");
  CHECK_CONTAINS(run.refusal_of_text(three + "g [4] HIT\n"),
                 "labels.txt, line 4: labels of g after those of f");
  for (const char* line : {"f [0] HIT", "f [x] HIT", "f 4 HIT", "f [4]", "f [4] HIT twice", "f"})
    CHECK_CONTAINS(run.refusal_of_text(three + line), "labels.txt, line 4: '");
  CHECK_CONTAINS(run.refusal("none.txt"), "none.txt: no such file of labels");
}

TEST_CASE("labels: in the frames' own files, also for parts of several files") {
  const Run run;
  const std::string other = run.folder / "b.cxi";
  write_run(other, 3, shape);
  put_file(run.folder / "x.lst", other + " //0\n" + run.path + "\n" + other + " //1\n");
  const Labels labels = read_labels("", FrameSet({run.folder / "x.lst"}));
  CHECK(labels.of == std::vector<Label>{hit, hit, miss, miss, hit, miss});
  CHECK(labels.counts() == std::array<int64_t, 3>{3, 0, 3});
  CHECK(labels.source == other + ":/entry_1/labels and 1 more files");

  write_dataset<uint16_t>(run.folder / "none.h5", "/images", 2, shape);
  CHECK_CONTAINS(error_of([&] { read_labels("", FrameSet({run.folder / "none.h5:/images"})); }),
                 "no labels in the file (looked at /entry_1/labels, /hit, /hits)");
}

TEST_CASE("labels: frames that cannot be read are misses when they are to be skipped") {
  const Run run;
  put_file(run.folder / "broken.cxi", "not HDF5");
  const std::string list = run.folder / "x.lst", missing = run.folder / "missing.cxi";
  put_file(list, run.folder / "broken.cxi\n" + missing + " //2\n" + run.path + "\n" + run.path +
                     " //4\n");
  const Labels labels = read_labels("", FrameSet({list}, {.skip_bad = true}));
  CHECK(labels.of == std::vector<Label>{miss, miss, hit, miss, miss, hit, miss});
  CHECK(labels.source == run.path + ":/entry_1/labels");

  put_file(list, missing + " //2\n");
  CHECK_CONTAINS(error_of([&] { read_labels("", FrameSet({list})); }), "no such file");
  put_file(list, run.path + " //4\n");
  CHECK_CONTAINS(error_of([&] { read_labels("", FrameSet({list})); }),
                 "a.cxi //4: the file has 4 frames");
}

TEST_CASE("labels: datasets of classes and of booleans") {
  const Run run;
  const FrameSet set = run.set();
  CHECK(read_labels(run.labels_file<int64_t>("/x/labels", {0, 1, 2, 0}), set).of ==
        std::vector<Label>{miss, maybe, hit, miss});
  CHECK(read_labels(run.labels_file<uint8_t>("/hits", {0, 1, 1, 0}), set).of ==
        std::vector<Label>{miss, hit, hit, miss});
  CHECK_CONTAINS(run.refusal(run.labels_file<uint8_t>("/labels", {0, 1, 3, 0})),
                 "/labels: frame 2: label 3, want 0 (miss), 1 (maybe) or 2 (hit)");
  CHECK_CONTAINS(run.refusal(run.labels_file<uint8_t>("/hit", {0, 2, 0, 0})), "label 2, want 0");
  CHECK_CONTAINS(run.refusal(run.labels_file<uint8_t>("/labels", {0, 1, 2})),
                 "3 labels for 4 frames");
  CHECK_CONTAINS(run.refusal(run.labels_file<uint8_t>("/labels", {0, 1, 2, 0, 0})),
                 "5 labels for 4 frames");
  CHECK_CONTAINS(run.refusal(run.labels_file<float>("/labels", {0, 1, 0, 0})),
                 "labels are integers or booleans");
  CHECK_CONTAINS(run.refusal(run.folder / "labels.h5:/none"), "no such dataset");
}

TEST_CASE("labels: a list of hits; all else is a miss") {
  const Run run;
  const std::string list = run.folder / "hits.lst";
  put_file(list, run.path + " //2\n\n" + run.path + " //0\n");
  CHECK(read_labels(list, run.set()).of == std::vector<Label>{hit, miss, hit, miss});
  put_file(list, "");
  CHECK(read_labels(list, run.set()).of == std::vector<Label>(4, miss));
  put_file(list, run.path + " //2\n" + run.path + " //4\n");
  CHECK_CONTAINS(run.refusal(list), "hits.lst, line 2: " + run.path + " //4 is none of the frames");
  put_file(list, run.path + " //2\n" + run.path + " //2\n");
  CHECK_CONTAINS(run.refusal(list), "hits.lst, line 2: " + run.path + " //2 is named twice");
  put_file(list, run.path + "\n");
  CHECK_CONTAINS(run.refusal(list), "is not of the form path //17");
}

TEST_CASE("labels: a list of hits labels every frame of the name, and no other") {
  const Run run;
  const std::string list = run.folder / "hits.lst", two = run.folder / "two.h5";
  put_file(list, run.path + " //1\n");
  CHECK(read_labels(list, FrameSet({run.path, run.path})).of ==
        std::vector<Label>{miss, hit, miss, miss, miss, hit, miss, miss});

  Hdf5File file = Hdf5File::create(two);
  for (const char* dataset : {"/a", "/b"})
    file.write(dataset, sample_run<uint16_t>(1, shape).data(), {1, shape.ss, shape.fs});
  file.close();
  put_file(list, two + " //0\n");
  CHECK_CONTAINS(error_of([&] {
                   read_labels(list, FrameSet({two + ":/a", two + ":/b"}));
                 }),
                 "two.h5 //0: frames of two datasets of the file");
}

TEST_CASE("labels: one class only cannot train") {
  const Labels labels{{miss, miss, maybe, hit}, "labels.txt"};
  CHECK_CONTAINS(error_of([&] {
                   check_both_classes(labels, {0, 1}, "training");
                 }),
                 "labels.txt: the 2 training frames are all misses; both classes are needed");
  CHECK_CONTAINS(error_of([&] { check_both_classes(labels, {2, 3}, "validation"); }), "all hits");
  check_both_classes(labels, {1, 2}, "training");
}

TEST_CASE("labels: the published annotations have the published counts") {
  const std::string folder = shared_folder();
  if (folder.empty()) return;
  struct Set {
    const char* name;
    std::array<int64_t, 3> counts;
  };
  for (const Set& set :
       {Set{"L498", {1354, 498, 148}}, Set{"LG36", {1708, 57, 235}}, Set{"LN84", {1062, 132, 806}},
        Set{"LN83", {1591, 63, 346}}, Set{"LO19", {1119, 151, 730}}}) {
    const std::string path = folder + "/cxidb76/" + set.name + "/expert_annotation.txt";
    const Labels labels{parse_label_text(file_content(path), path, 2000).of, path};
    CAPTURE(set.name);
    CHECK(labels.counts() == set.counts);
  }
}
