"""What a GPU does without a peer: raw frames in its memory, and in the host's, to scores, against
what its memory and its way in can do at most. Needs Python alone."""
import argparse
import json
import os
import statistics
import subprocess

SIDE = 724
# work, what it is, against which measured bandwidth, the least share of it that is the goal
ROWS = [("screen", "raw frames in GPU memory to scores", "copy", 0.4),
        ("screen_host", "raw frames in pinned host memory to scores", "copy_in", 0.9)]


def start(options, work):
    process = subprocess.Popen([options.peer, options.folder, work, options.device],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ready = process.stdout.readline().split()
    if not ready:
        raise SystemExit(f"hitsieve_peer {work} ended")
    return process, int(ready[1])


def turn(process):
    process.stdin.write("\n")
    process.stdin.flush()
    line = process.stdout.readline().split()
    if not line:
        raise SystemExit("hitsieve_peer ended in its turn")
    return float(line[0])


def compare(options, work, bandwidth):
    """Both keep to their turns; rates are medians."""
    (ours, frames), (most, moved) = start(options, work), start(options, bandwidth)
    seconds = [(turn(ours), turn(most)) for _ in range(options.repetitions)]
    for process in (ours, most):
        process.stdin.close()
        process.wait()
    rate = frames / statistics.median(s for s, _ in seconds)
    bytes_a_second = moved / statistics.median(s for _, s in seconds)
    shares = [frames * 2 * SIDE * SIDE / s / (moved / m) for s, m in seconds]
    return {"frames_per_s": rate, "bandwidth": bytes_a_second, "share": statistics.median(shares)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", required=True, help="the program hitsieve_peer")
    parser.add_argument("--folder", required=True, help="for what is made on the way")
    parser.add_argument("--device", default="cuda", choices=("cpu", "cuda"))
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--json", help="where the numbers go")
    options = parser.parse_args()
    if not os.path.exists(os.path.join(options.folder, "frames.u16")):
        subprocess.run([options.peer, options.folder, "setup", "cpu"], input="", text=True,
                       check=True, stdout=subprocess.DEVNULL)
    rows = {}
    for work, what, bandwidth, goal in ROWS:
        row = compare(options, work, bandwidth)
        rows[work] = {"what": what, "goal": goal, **row}
        print(f"{what:<46}{row['frames_per_s']:>14,.0f} frames/s{100 * row['share']:>7.1f} % of "
              f"{row['bandwidth'] / 1e9:,.1f} GB/s (goal: {100 * goal:.0f} %)", flush=True)
        if options.json:  # after each: who stops a run keeps what it had
            with open(options.json, "w") as file:
                json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
