"""Reads what `ptxas -v` said in a build's log and prints a table; see kernel_resources.sh."""
import re
import subprocess
import sys

THREADS = 256  # of a block, for the occupancy; most kernels are started with so many
# Of a multiprocessor: warps, blocks, registers, bytes of shared memory. A warp's registers are given
# out by 256, and each block takes 1 KB of shared memory beside its own.
LIMITS = {"sm_80": (64, 32, 65536, 164 * 1024), "sm_90": (64, 32, 65536, 228 * 1024)}

ENTRY = re.compile(r"Compiling entry function '(\w+)' for '(sm_\d+)")
SPILLS = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")
SOURCE = re.compile(r"/(\w+)\.cu(?: |$)")


def occupancy(architecture, registers, shared):
    """Share of the warps that can be resident, dynamic shared memory left out of account."""
    warps, blocks, all_registers, all_shared = LIMITS[architecture]
    of_block = THREADS // 32
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


def main():
    with open(sys.argv[1]) as log:
        kernels = read(log)
    if not kernels:
        sys.exit("no kernel's resources are in this log")
    architectures = sorted(LIMITS)
    print("| source | kernel | " + " | ".join(
        f"{a}: registers | spilled | shared | occupancy" for a in architectures) + " |")
    print("|---|---|" + "---|" * 4 * len(architectures))
    names = readable([name for _, name in kernels])
    for (source, name), row in sorted(zip(((s, n) for (s, _), n in zip(kernels, names)),
                                          kernels.values())):
        cells = []
        for architecture in architectures:
            if architecture not in row:
                cells += ["", "", "", ""]
                continue
            registers, spilled, _, shared = row[architecture]
            cells += [str(registers), str(spilled), str(shared),
                      f"{100 * occupancy(architecture, registers, shared):.0f} %"]
        print(f"| {source} | `{name}` | " + " | ".join(cells) + " |")
    spilling = [n for n, row in zip(names, kernels.values()) if any(r[1] for r in row.values())]
    print(f"\n{len(kernels)} kernels, {len(spilling)} spill"
          + (": " + ", ".join(f"`{n}`" for n in spilling) if spilling else "") + ".")


if __name__ == "__main__":
    main()
