#!/usr/bin/python3
"""Training in mien and in PyTorch, in turn on the same cores: speed and peak memory.

A process is one variant for some seconds; after all rounds the medians are told with their
extremes, and how many times as fast mien's variant of the same type is. mien's step has flip and
contrast in it, PyTorch's has no augmentation.
SPDX-License-Identifier: MIT"""
import argparse
import json
import os
import statistics
import subprocess
import sys

BENCH = os.path.dirname(os.path.abspath(__file__))
MIEN = os.environ.get("MIEN", os.path.join(BENCH, "..", "build", "apps", "cli", "mien"))
PYTHON = "/usr/bin/python3"
BATCH = {"deck": 256, "vgg": 64}
TORCH = [("f32", "nchw", []), ("f32", "nhwc", []), ("f32", "nhwc", ["--keep-memory"]),
         ("bf16", "nhwc", []), ("bf16", "nhwc", ["--keep-memory"])]


def run(command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def time_mien(options, network, kind):
    arch = network if network == "deck" else os.path.join(BENCH, network + ".arch")
    figures = run([MIEN, "bench", "train", "--arch", arch, "--batch", str(BATCH[network]),
                   "--precision", kind, "--seconds", str(options.seconds), "--jobs",
                   str(options.threads), "--json"])
    return figures["pictures_per_second"], figures["peak_megabytes"]


def time_pytorch(options, network, kind, layout, extra):
    figures = run([PYTHON, os.path.join(BENCH, "train_pytorch.py"), "--network", network,
                   "--batch", str(BATCH[network]), "--type", kind, "--layout", layout,
                   "--threads", str(options.threads), "--seconds", str(options.seconds),
                   "--repetitions", "1", "--json", *extra])
    return figures["pictures_per_second"], figures["peak_mb"]


def variants(options, network):
    """(name, type, function), mien's first."""
    for kind in ("f32", "bf16"):
        yield f"mien {kind}", kind, lambda kind=kind: time_mien(options, network, kind)
    for kind, layout, extra in TORCH:
        name = " ".join(["PyTorch", kind, layout, *(word.strip("-") for word in extra)])
        yield name, kind, lambda v=(kind, layout, extra): time_pytorch(options, network, *v)


def measure(options, network):
    figures = {}
    for number in range(options.rounds):
        for name, kind, time_it in variants(options, network):
            figures.setdefault((name, kind), []).append(time_it())
            print(f"{network}, round {number + 1}, {name}: "
                  f"{figures[name, kind][-1][0]:.0f} pictures/s", file=sys.stderr)
    return figures


def tell(network, figures):
    ours = {kind: statistics.median(speed for speed, _ in runs)
            for (name, kind), runs in figures.items() if name.startswith("mien")}
    print(f"{network}, batch {BATCH[network]}")
    for (name, kind), runs in figures.items():
        speeds = [speed for speed, _ in runs]
        median, memory = statistics.median(speeds), statistics.median(peak for _, peak in runs)
        ratio = "" if name.startswith("mien") else f"  mien is {ours[kind] / median:.2f} times as fast"
        print(f"  {name:<32} {median:6.0f} pictures/s ({min(speeds):.0f} to {max(speeds):.0f}), "
              f"{memory:5.0f} MB{ratio}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=BATCH, action="append", help="one; default: both")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10, help="of one process")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    for network in options.network or BATCH:
        tell(network, measure(options, network))


if __name__ == "__main__":
    main()
