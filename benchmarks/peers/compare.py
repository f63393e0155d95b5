"""hitsieve and PyTorch on the same work, taking turns in one run. benchmarks/peers/run.sh builds and
installs what it needs; benchmarks/README.md says what the rows are."""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import numpy
import torch

import pipeline

SIDE = pipeline.SIDE
LENGTH, STEPS = 720, 4096  # of a vector, and of 1 in a stored image

# work, what it is, the unit of its rate, and the least ratio that is the goal on cpu and cuda
ROWS = [
    ("preprocess", "raw frame to vector", "frames/s", 80, None),
    ("infer1d", "1D network, inference", "vectors/s", 3, 3),
    ("infer2d", "2D network, inference", "frames/s", 5, 3),
    ("train1d", "1D network, training step", "vectors/s", 3, None),
    ("train2d", "2D network, training step", "frames/s", 5, 1.5),
    ("file", "screen a bitshuffle-LZ4 file", "frames/s", 20, None),
    ("file1920", "the same, frames of 1920 x 1920", "frames/s", None, None),
]
FILES = {"file": SIDE, "file1920": 1920}  # side of the frames


class Peer:
    """hitsieve_peer with one piece of work, which waits for its turns."""

    def __init__(self, options, work):
        self.process = subprocess.Popen(
            [options.peer, options.folder, work, options.device, str(options.threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.output = os.path.join(options.folder, work + ".out")
        ready = self.process.stdout.readline().split()
        if not ready:
            raise RuntimeError(f"hitsieve_peer {work} ended")
        self.items = int(ready[1])

    def seconds(self):
        """By the clock, and those that the cores worked."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("hitsieve_peer ended in its turn")
        return [float(word) for word in line.split()]

    def result(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise RuntimeError("hitsieve_peer failed")
        return numpy.fromfile(self.output, numpy.float32)


def seconds_of(function, device):
    """Of one call, over as many as fill 0.1 s, as hitsieve_peer does: by the clock, and those that
    the cores worked."""
    start, cpu_start, runs, look_at, took = time.perf_counter(), time.process_time(), 0, 1, 0
    while took < 0.1:
        while runs < look_at:
            function()
            runs += 1
        if device == "cuda":
            torch.cuda.synchronize()
        took = time.perf_counter() - start
        look_at *= 2
    return took / runs, (time.process_time() - cpu_start) / runs


def fastest(ways, device, without):
    """(name, function, all names with their seconds): each tried twice after a first call."""
    tried, best = {}, None
    for name, function in ways:
        if without and without in name:
            continue
        try:
            function()
            tried[name] = min(seconds_of(function, device) for _ in range(2))[0]
        except Exception as error:
            print(f"    left out: {name}: {type(error).__name__}: {error}"[:240], file=sys.stderr)
            continue
        if best is None or tried[name] < tried[best[0]]:
            best = (name, function)
    return *best, tried


def take_turns(peer, function, options):
    # OpenMP's threads stay awake for 0.2 s after their work, on cores that are not theirs.
    pause = 0.3 if options.device == "cpu" else 0
    ours, theirs = [], []
    for _ in range(options.repetitions):
        time.sleep(pause)
        ours.append(peer.seconds())
        time.sleep(pause)
        theirs.append(seconds_of(function, options.device))
    return ours, theirs


def difference(a, b):
    """The largest, relative to the largest value."""
    b = b.detach().float().cpu().numpy().ravel()
    return float(numpy.abs(a - b).max() / numpy.abs(b).max())


def read(options, name, dtype, shape):
    path = os.path.join(options.folder, name)
    return torch.from_numpy(numpy.fromfile(path, dtype).reshape(-1, *shape))


def inputs_2d(options):
    return (read(options, "images.i16", numpy.int16, (LENGTH, LENGTH)).float() / STEPS)[:, None]


def compare_preprocess(options, _):
    # PyTorch does little with uint16: 16 bits more a pixel do not count in what it does with them.
    pixels = numpy.fromfile(os.path.join(options.folder, "frames.u16"), numpy.uint16)
    raw = torch.from_numpy(pixels.reshape(-1, SIDE, SIDE).astype(numpy.int32))
    return pipeline.preprocess_ways(raw.to(options.device)), lambda function: function()


def compare_inference(options, dimensions):
    x = (read(options, "vectors.f32", numpy.float32, (LENGTH,)) if dimensions == "1d"
         else inputs_2d(options)).to(options.device)
    weights = os.path.join(options.folder, f"net{dimensions}.f32")

    def outputs(_):  # in float32, whatever the fastest way computes in
        with torch.inference_mode():
            logits = pipeline.network(dimensions, weights, x.device).eval()(x)
        return logits
    return pipeline.inference_ways(dimensions, weights, x), outputs


def training_inputs(options, dimensions):
    count = 32 if dimensions == "1d" else 16
    x = (read(options, "vectors.f32", numpy.float32, (LENGTH,)) if dimensions == "1d"
         else inputs_2d(options))[:count].to(options.device)
    classes = (torch.arange(count) % 3).to(options.device)
    return x, classes, os.path.join(options.folder, f"net{dimensions}.f32")


def compare_training(options, dimensions):
    x, classes, weights = training_inputs(options, dimensions)
    return pipeline.training_ways(dimensions, weights, x, classes), None


def losses_differ(options, dimensions):
    """The first losses of a training without dropout, ours against theirs."""
    peer = Peer(options, "losses" + dimensions)
    peer.seconds()
    ours, theirs = peer.result(), []
    x, classes, weights = training_inputs(options, dimensions)
    net = pipeline.network(dimensions, weights, x.device, dropout=False).train()
    step = pipeline.training_step(net, x, classes, theirs)
    for _ in ours:
        step()
    return difference(ours, torch.tensor(theirs))


def row_of(ours, theirs, items_ours, items_theirs, way, tried, differs):
    """ours, theirs: a pair a turn, seconds by the clock and of the cores."""
    def ratios(which):
        return sorted(t[which] / items_theirs / (o[which] / items_ours)
                      for o, t in zip(ours, theirs))

    def rate(items, turns):
        return items / statistics.median(seconds for seconds, _ in turns)
    by_clock = ratios(0)
    return {"hitsieve": rate(items_ours, ours), "pytorch": rate(items_theirs, theirs),
            "ratio": statistics.median(by_clock), "ratio_least": by_clock[0],
            "ratio_most": by_clock[-1], "ratio_of_core_time": statistics.median(ratios(1)),
            "way": way, "tried": tried, "largest_difference": differs, "turns_hitsieve": ours,
            "turns_pytorch": theirs}


def pytorch_side(options, work):
    """The fastest way, its function, all ways' seconds, and what it gives."""
    make = {"pre": compare_preprocess, "inf": compare_inference, "tra": compare_training}[work[:3]]
    ways, outputs = make(options, work[-2:])
    return *fastest(ways, options.device, options.without), outputs


def compare(options, name, side):
    """`name`: a row's, behind it - and a precision that is not float32; `side`: PyTorch's."""
    way, function, tried, outputs = side
    peer = Peer(options, name)
    items = peer.items
    ours, theirs = take_turns(peer, function, options)
    result = peer.result()
    differs = difference(result, outputs(function)) if outputs else losses_differ(options, name[-2:])
    tried = {name: items / seconds for name, seconds in tried.items()}
    return row_of(ours, theirs, items, items, way, tried, differs)


def write_file(options, path, side, count):
    """Simulated frames as CXI with bitshuffle and LZ4, as detectors write them."""
    import h5py
    import hdf5plugin
    plain = os.path.join(options.folder, "plain.cxi")
    subprocess.run([options.hitsieve, "simulate", "-q", "-n", str(count), "--size", str(side),
                    "--seed", "2", "--compression", "0", "--overwrite", "-o", plain], check=True)
    with h5py.File(plain, "r") as source, h5py.File(path, "w") as target:
        data = source["/entry_1/data_1/data"]
        target["cxi_version"] = 140
        target["/entry_1/data_1/mask"] = source["/entry_1/data_1/mask"][()]
        packed = target.create_dataset("/entry_1/data_1/data", data.shape, data.dtype,
                                       chunks=(1, *data.shape[1:]),
                                       **hdf5plugin.Bitshuffle(cname="lz4"))
        for i in range(len(data)):
            packed[i] = data[i]
    os.remove(plain)


def compare_file(options, side):
    """hitsieve's whole command, which gets the file several times over, as its start counts too."""
    path = os.path.join(options.folder, f"bslz4_{side}.cxi")
    count = options.frames if side == SIDE else options.frames // 4
    write_file(options, path, side, count)
    copies = 5
    with open(os.path.join(options.folder, "run.lst"), "w") as file:
        file.write((path + "\n") * copies)
    command = [options.hitsieve, "screen", "-q", "-m", os.path.join(options.folder, "model1d.h5"),
               "-i", file.name, "-o", os.path.join(options.folder, "hits.lst"), "--overwrite",
               "-j", str(options.threads)]
    net = pipeline.folded(pipeline.network("1d", os.path.join(options.folder, "net1d.f32"), "cpu"))

    def turn(function):
        """Seconds by the clock and of the cores, those of processes that end in it included."""
        def core_seconds():
            return sum(u.ru_utime + u.ru_stime for u in (
                resource.getrusage(resource.RUSAGE_SELF),
                resource.getrusage(resource.RUSAGE_CHILDREN)))
        start, worked = time.perf_counter(), core_seconds()
        function()
        return time.perf_counter() - start, core_seconds() - worked

    def screen(workers, frames=count):
        return turn(lambda: pipeline.screen_file(path, frames, net, workers))
    tried = {w: screen(w, count // 4)[0] for w in (0, options.threads)}
    workers = min(tried, key=tried.get)
    ours, theirs, alone = [], [], []
    for _ in range(options.repetitions):
        ours.append(turn(lambda: subprocess.run(command, check=True, capture_output=True)))
        alone.append(turn(lambda: subprocess.run(["taskset", "-c", "0", *command[:-1], "1"],
                                                 check=True, capture_output=True)))
        theirs.append(screen(workers))
    rates = {f"{w} workers": count // 4 / seconds for w, seconds in tried.items()}
    row = row_of(ours, theirs, copies * count, count, f"{workers} workers", rates, None)
    row["gain_by_cores"] = statistics.median(a[0] / o[0] for a, o in zip(alone, ours))
    return row


def line(cells):
    return "{:<30} {:>12} {:>12} {:>10} {:>7} {:>11} {:>9} {:>10} {:>9}  {}".format(*cells)


def print_row(what, unit, goal, row):
    differs = "" if row["largest_difference"] is None else f"{row['largest_difference']:.1e}"
    held = "" if goal is None else "yes" if row["ratio"] >= goal else "no"
    print(line([what, f"{row['hitsieve']:,.0f}", f"{row['pytorch']:,.0f}", unit,
                f"{row['ratio']:.1f}", f"{row['ratio_least']:.1f}-{row['ratio_most']:.1f}",
                f"{row['ratio_of_core_time']:.1f}",
                "-" if goal is None else f"{goal} x: {held}", differs, row["way"]]))
    for name, rate in sorted(row["tried"].items(), key=lambda each: -each[1])[1:]:
        print(f"{'':<43} {rate:>12,.0f} {unit:>10}  {name}")
    sys.stdout.flush()


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", required=True, help="the program hitsieve_peer")
    parser.add_argument("--hitsieve", help="the command; without it no file is screened")
    parser.add_argument("--folder", required=True, help="for what is made on the way")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--frames", type=int, default=400, help="in the file that is screened")
    parser.add_argument("--without", default="", help="leave out PyTorch's ways named so: compiled")
    names = [row[0] for row in ROWS]
    parser.add_argument("--rows", default=",".join(names), help="which, in what order")
    parser.add_argument("--json", help="where the numbers go")
    options = parser.parse_args()
    for name in options.rows.split(","):
        if name not in names:
            parser.error(f"there is no row {name}: {', '.join(names)}")
    return options


def write_json(options, rows):
    """After each row: who stops a run keeps what it had."""
    if not options.json:
        return
    with open(options.json + ".inprogress", "w") as file:
        json.dump({"pytorch": torch.__version__, "threads": options.threads,
                   "device": options.device, "repetitions": options.repetitions,
                   "rows": rows}, file, indent=1)
    os.replace(file.name, options.json)


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    setup = Peer(argparse.Namespace(**{**vars(options), "device": "cpu"}), "setup")
    setup.result()
    print(f"PyTorch {torch.__version__}, {options.threads} threads, {options.device}; medians of "
          f"{options.repetitions} turns each")
    print(line(["", "hitsieve", "PyTorch", "", "ratio", "of turns", "of cores", "goal", "differ by",
                "PyTorch's fastest way"]))
    rows, failed = {}, False
    of_work = {row[0]: row for row in ROWS}
    for work, what, unit, *goals in [of_work[name] for name in options.rows.split(",")]:
        if work in FILES and (options.device == "cuda" or not options.hitsieve):
            continue
        goal = goals[options.device == "cuda"]
        # PyTorch's fastest way may be bf16 on a GPU: so may ours, each with its own row.
        tensor_cores = options.device == "cuda" and work.startswith("infer")
        side = None
        for precision in ("", "-tf32", "-bf16") if tensor_cores else ("",):
            try:
                if work not in FILES and side is None:  # the search takes longer than the turns
                    side = pytorch_side(options, work)
                row = (compare_file(options, FILES[work]) if work in FILES
                       else compare(options, work + precision, side))
            except Exception as error:  # the other rows are worth having
                print(f"{what}{precision}: {type(error).__name__}: {error}", file=sys.stderr)
                failed = True
                continue
            named = what + precision.replace("-", ", ")
            rows[work + precision] = {"what": named, "unit": unit, "goal": goal, **row}
            write_json(options, rows)
            print_row(named, unit, goal, row)
            if "gain_by_cores" in row:
                print(f"  {options.threads} threads against one core: "
                      f"{row['gain_by_cores']:.2f} times")
    sys.exit(failed)


if __name__ == "__main__":
    main()
