#!/usr/bin/python3
"""Whether training in bf16 costs accuracy: the same network, data and seeds in f32 and in bf16.

SPDX-License-Identifier: MIT"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

BENCH = os.path.dirname(os.path.abspath(__file__))
MIEN = os.environ.get("MIEN", os.path.join(BENCH, "..", "build", "apps", "cli", "mien"))


def train(options, precision, seed, folder):
    votes = ["--votes", options.votes] if options.votes else []
    done = subprocess.run(
        [MIEN, "train", options.dataset, *votes, "--arch", options.arch, "--split", options.split,
         "--epochs", str(options.epochs), "--seed", str(seed), "--precision", precision,
         "--jobs", str(options.jobs), "--json", "-o",
         os.path.join(folder, f"{precision}-{seed}.mien")],
        check=True, stdout=subprocess.PIPE, text=True)
    figures = json.loads(done.stdout)
    print(f"{precision}, seed {seed}: validation {figures['validation_accuracy']:.4f}, "
          f"test {figures['test_accuracy']:.4f}", file=sys.stderr)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", metavar="FER2013.csv.zst")
    parser.add_argument("--votes", metavar="FER2013NEW.csv", help="for networks that learn them")
    parser.add_argument("--arch", default="deck")
    parser.add_argument("--split", default="deck")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=0)
    options = parser.parse_args()
    means = {}
    with tempfile.TemporaryDirectory() as folder:
        for precision in ("f32", "bf16"):
            runs = [train(options, precision, seed, folder) for seed in range(options.seeds)]
            for part in ("validation", "test"):
                accuracies = [run[f"{part}_accuracy"] for run in runs]
                means[precision, part] = statistics.mean(accuracies)
                print(f"{precision}, {part}: {means[precision, part]:.4f} "
                      f"({min(accuracies):.4f} to {max(accuracies):.4f})")
    for part in ("validation", "test"):
        difference = 100 * (means["bf16", part] - means["f32", part])
        print(f"bf16 less f32, {part}: {difference:+.2f} points")


if __name__ == "__main__":
    main()
