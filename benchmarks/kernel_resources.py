"""Reads what `ptxas -v` said in a build's log, and writes a table of the kernels that matter into a
README; see kernel_resources.sh.
    python3 benchmarks/kernel_resources.py LOG README"""
import re
import subprocess
import sys

from kernel_work import rows

BEGIN = "<!-- kernels: written by kernel_resources.sh -->"
END = "<!-- end of kernels -->"

THREADS = 256  # of a block, for the occupancy; most kernels are started with so many, but not these:
BLOCKS = {("raw_to_vector", "box5_"): 32, ("raw_to_image", "box5_"): 32, ("conv2d", "product_"): 128,
          ("frozen_net1d", ""): 128, ("frozen_net1d_product", ""): 128}
# Of a multiprocessor: warps, blocks, registers, bytes of shared memory. A warp's registers are given
# out by 256, and each block takes 1 KB of shared memory beside its own.
LIMITS = {"sm_80": (64, 32, 65536, 164 * 1024), "sm_90": (64, 32, 65536, 228 * 1024)}
# By data sheets, an A100 of 80 GB and an H200: nine tenths of the bytes/s of memory, float32
# operations/s.
DEVICES = {"sm_80": (0.9 * 2.039e12, 19.5e12), "sm_90": (0.9 * 4.8e12, 67e12)}

ENTRY = re.compile(r"Compiling entry function '(\w+)' for '(sm_\d+)")
SPILLS = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")
SOURCE = re.compile(r"/(\w+)\.cu(?: |$)")


def threads_of(source, name):
    found = [count for (file, start), count in BLOCKS.items()
             if file == source and name.startswith(start)]
    return found[0] if found else THREADS


def occupancy(architecture, registers, shared, threads):
    """Share of the warps that can be resident, dynamic shared memory left out of account."""
    warps, blocks, all_registers, all_shared = LIMITS[architecture]
    of_block = threads // 32
    of_warp = -(-registers * 32 // 256) * 256
    fit = min(blocks, warps // of_block, all_registers // (of_warp * of_block),
              all_shared // (shared + 1024))
    return fit * of_block / warps


def read(log):
    """(source, mangled name) -> architecture -> (registers, spilled, stack, shared)"""
    kernels, source, entry, spills = {}, "", None, None
    for line in log:
        found = ENTRY.search(line)
        if found:
            entry = found.groups()
        elif ".cu" in line and "ptxas info" not in line:
            source = (SOURCE.findall(line) or [source])[-1]
        elif SPILLS.search(line):
            spills = [int(x) for x in SPILLS.search(line).groups()]
        elif USED.search(line) and entry:
            name, architecture = entry
            shared = SHARED.search(line)
            kernels.setdefault((source, name), {})[architecture] = (
                int(USED.search(line)[1]), spills[1] + spills[2], spills[0],
                int(shared[1]) if shared else 0)
    return kernels


def readable(names):
    """gcn's sum_kernel<unsigned short> of the mangled names."""
    text = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True,
                          check=True).stdout.splitlines()
    short = []
    for name in text:
        name = name.replace("(anonymous namespace)::", "").replace("hitsieve::", "")
        name = re.sub(r"^void ", "", name)
        short.append(re.sub(r"\((?!anonymous).*$", "", name))
    return short


def predicted(architecture, nbytes, operations):
    """Seconds, and which of the two decides."""
    bandwidth, flops = DEVICES[architecture]
    by_bytes, by_operations = nbytes / bandwidth, (operations or 0) / flops
    return max(by_bytes, by_operations), "b" if by_bytes >= by_operations else "o"


def microseconds(seconds):
    return f"{1e6 * seconds:.3g}" if seconds > 1e-8 else "< 0.01"


def cells(key, resources, work):
    """Of one kernel, for each architecture; without `work` no prediction."""
    out = []
    for architecture in sorted(LIMITS):
        if architecture not in resources:
            out += ["", "", "", ""]
            continue
        registers, spilled, _, shared = resources[architecture]
        seconds, by = predicted(architecture, *work) if work else (None, "")
        out += [str(registers), str(spilled),
                f"{100 * occupancy(architecture, registers, shared, threads_of(*key)):.0f} %",
                f"{microseconds(seconds)} us {by}" if work else '"']
    return out


def table(kernels):
    names = readable([name for _, name in kernels])
    left = {(source, name): resources
            for ((source, _), resources), name in zip(kernels.items(), names)}
    spilling = sorted(f"`{source}: {name}`" for (source, name), resources in left.items()
                      if any(r[1] for r in resources.values()))
    count = len(left)
    lines = ["| kernel | work | " + " | ".join(
        f"{a}: registers | spilled | occupancy | predicted" for a in sorted(LIMITS)) + " |",
             "|---|---|" + "---|" * 4 * len(LIMITS)]
    for source, pattern, what, *work in rows():
        found = [k for alternative in pattern.split("|") for k in sorted(left)
                 if k[0] == source and re.fullmatch(alternative, k[1])]
        for number, key in enumerate(dict.fromkeys(found)):
            lines.append(f"| {source}: `{key[1]}` | {what if number == 0 else 'other shapes of it'} | " +
                         " | ".join(cells(key, left.pop(key), None if number else work)) + " |")
    shown = len(lines) - 2
    lines += ["", f"{count} kernels, of which {shown} are shown; {len(spilling)} spill" +
              (": " + ", ".join(spilling) if spilling else "") + "."]
    return lines


def main():
    log, readme = sys.argv[1:]
    with open(log) as file:
        kernels = read(file)
    if not kernels:
        sys.exit("no kernel's resources are in this log")
    lines = table(kernels)
    with open(readme) as file:
        text = file.read()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    with open(readme, "w") as file:
        file.write(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
