"""Puts what benchmarks/gpu.sh measured into one file, and its table into benchmarks/README.md.
    python3 benchmarks/gpu_results.py FOLDER_OF_RUN FOLDER_OF_README"""
import datetime
import json
import os
import re
import sys

BEGIN, END = "<!-- gpu results: written by gpu.sh -->", "<!-- end of gpu results -->"


def load(folder, name):
    """What a step left; nothing where it did not come so far."""
    try:
        with open(os.path.join(folder, name)) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def load_cut_off(folder, name):
    """Google Benchmark writes one measurement after another: of a run that was stopped, those."""
    whole = load(folder, name)
    if whole is not None:
        return whole
    try:
        with open(os.path.join(folder, name)) as file:
            text = file.read()
        return json.loads(text[:text.rindex("}") + 1] + "]}")
    except (OSError, ValueError):
        return None


def steps_of(folder):
    with open(os.path.join(folder, "steps.tsv")) as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    last = {name: {"step": name, "result": result, "seconds": int(seconds)}
            for name, result, seconds in rows}  # one that was run again counts once
    return list(last.values())


def device_of(folder):
    try:
        with open(os.path.join(folder, "device.log")) as file:
            line = file.readline().strip()
    except OSError:
        return None
    return line if "," in line else None


def revision_of(folder):
    try:
        with open(os.path.join(folder, "revision")) as file:
            return file.read().strip() or "unknown"
    except OSError:
        return "unknown"


def decisions_of(folder):
    """A line a network of hitsieve_agree: whether both devices decided alike."""
    try:
        with open(os.path.join(folder, "decisions.log")) as file:
            return [line.strip() for line in file if " decided otherwise on " in line]
    except OSError:
        return []


def benchmarks_of(raw):
    if not raw:
        return None
    keep = ("real_time", "time_unit", "bytes/s", "of_bandwidth", "flops/s", "of_peak", "items/s")
    return {"context": {k: v for k, v in raw["context"].items() if k.startswith(("core_", "gpu_"))},
            "operations": {b["name"]: {k: b[k] for k in keep if k in b}
                           for b in raw["benchmarks"] if not b.get("error_occurred")}}


def results(folder):
    return {"device": device_of(folder), "date": datetime.date.today().isoformat(),
            "revision": revision_of(folder), "steps": steps_of(folder),
            "decisions": decisions_of(folder), "rates": load(folder, "rates.json"),
            "peers": load(folder, "peers.json"),
            "benchmarks": benchmarks_of(load_cut_off(folder, "benchmarks.json"))}


def table(run):
    rows = []
    for row in (run["rates"] or {}).values():
        rows.append(f"| {row['what']} | {row['frames_per_s']:,.0f} frames/s | "
                    f"{row['bandwidth'] / 1e9:,.0f} GB/s measured | {100 * row['share']:.0f} % | "
                    f"{100 * row['goal']:.0f} % |")
    for row in (run["peers"] or {"rows": {}})["rows"].values():
        rows.append(f"| {row['what']} | {row['hitsieve']:,.0f} {row['unit']} | "
                    f"{row['pytorch']:,.0f} ({row['way']}) | {row['ratio']:.1f} | "
                    f"{row['goal'] or '-'} |")
    lines = [f"{run['device']}, {run['date']}, revision {run['revision']}:"]
    if rows:
        lines += ["", "| what | hitsieve | against | ratio | goal |", "|---|---|---|---|---|", *rows]
    if run["decisions"]:
        lines += ["", "Decisions on CPU and GPU: " + ". ".join(run["decisions"]) + "."]
    lines += ["", "| step | result | seconds |", "|---|---|---|"]
    lines += [f"| {s['step']} | {s['result']} | {s['seconds']} |" for s in run["steps"]]
    return "\n".join(lines)


def main():
    folder, home = sys.argv[1:]
    run = results(folder)
    if run["device"] is None:
        print("no GPU answered: no results are written")
        return
    name = re.sub(r"[^A-Za-z0-9]+", "-", run["device"].split(",")[0]).strip("-")
    path = os.path.join(home, "results", f"{name}-{run['date']}.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(run, file, indent=1)
        file.write("\n")
    readme = os.path.join(home, "README.md")
    with open(readme) as file:
        text = file.read()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    whole = before + BEGIN + "\n" + table(run) + "\n" + END + after
    with open(readme, "w") as file:
        file.write(whole)
    print(f"written: {path}, {readme}")


if __name__ == "__main__":
    main()
