#!/usr/bin/python3
"""Times reading the FER2013 CSV: mien, wc -l and pandas on the same unpacked file, on one core.

mien is the whole command `mien split FILE`: start, parsing into bytes, split, hashes of the rows.
"wc -l" only counts lines. "pandas" is read_csv, which leaves the pixels as text; "pandas, pixels"
also turns them into bytes. The packed file is timed apart, on all cores. The file is read once
before, so that it is in the page cache. Medians of several runs, with the extremes. Rates and
ratios are those of processor time: other programs on the machine disturb it least.

Usage: bench/dataset_parse.py [--mien PROGRAM] [--runs N] FILE.csv.zst
SPDX-License-Identifier: MIT"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

PANDAS = "import pandas, sys; d = pandas.read_csv(sys.argv[1]); assert len(d) > 0"
PANDAS_PIXELS = PANDAS + """
import numpy
pixels = numpy.stack([numpy.array(row.split(), dtype=numpy.uint8) for row in d['pixels']])
assert pixels.shape[1] == 2304"""


def run(command, core):
    """Seconds of wall clock and of processor, and the peak of memory in MB."""
    def pin():
        if core is not None:
            os.sched_setaffinity(0, {core})
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=pin)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(name, command, bytes_, runs, core):
    times = [run(command, core) for _ in range(runs)]
    wall = sorted(t[0] for t in times)
    median = statistics.median(wall)
    cpu = statistics.median(t[1] for t in times)
    memory = statistics.median(t[2] for t in times)
    print(f"{name:16} {median:8.3f} s ({wall[0]:.3f} to {wall[-1]:.3f}) {cpu:8.3f} s cpu "
          f"{bytes_ / cpu / 1e9:7.2f} GB/s {memory:6.0f} MB", flush=True)
    return cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="fer2013.csv.zst")
    parser.add_argument("--mien", default="build/apps/cli/mien")
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    core = max(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fer2013.csv")
        subprocess.run(["zstd", "-dqo", path, arguments.file], check=True)
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
        print(f"{size / 1e6:.0f} MB of CSV, one core, {arguments.runs} runs")
        mien = measure("mien", [arguments.mien, "split", path], size, arguments.runs, core)
        others = [("wc -l", ["wc", "-l", path], arguments.runs),
                  ("pandas", [sys.executable, "-c", PANDAS, path], 3),
                  ("pandas, pixels", [sys.executable, "-c", PANDAS_PIXELS, path], 3)]
        for name, command, runs in others:
            other = measure(name, command, size, min(runs, arguments.runs), core)
            print(f"{'':16} {other / mien:8.2f} times mien's time")
        print("packed, all cores")
        measure("mien, zst", [arguments.mien, "split", arguments.file], size, arguments.runs, None)


main()
