#!/usr/bin/python3
"""Times the search for 169 nearest neighbours: mien, FAISS and scikit-learn in turn.

7,178 FER2013 pictures against 28,709 (the reference system's split). Timed is the search alone, by
each program's own clock: reading the data, and what FAISS and scikit-learn keep of the training
pictures, is not part of it; mien's votes for 20 values of k are. FAISS's IndexFlatL2 and
scikit-learn's brute force work on float32. The peak of memory is that of the whole program `mien`.

Usage: bench/knn.py [--mien PROGRAM] [--rounds N] FER2013.csv.zst
SPDX-License-Identifier: MIT"""
import argparse
import json
import statistics
import subprocess
import sys
import time

import faiss
import numpy
from sklearn.neighbors import NearestNeighbors

import reference_split

K = [1, 5, 19, 169]

# A process of its own between this large one and the measured one, because a forked process's
# peak begins with its parent's.
MEASURE = """import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss // 1024, file=sys.stderr)
sys.exit(status >> 8)"""


def run_mien(program, data):
    command = [program, "knn", data, "--split", "deck", "--part", "test+validation", "-k",
               "1:19,169", "--json"]
    process = subprocess.run([sys.executable, "-c", MEASURE, *command], check=True,
                             capture_output=True)
    report = json.loads(process.stdout)
    correct = {result["k"]: result["correct"] for result in report["results"]}
    return report["search_seconds"], [correct[k] for k in K], int(process.stderr)


def count_correct(neighbours, train_labels, test_labels):
    """Correct votes for each of K; equal votes go to the smaller label."""
    counts = []
    for k in K:
        votes = numpy.zeros((len(neighbours), 7), int)
        for column in range(k):
            votes[numpy.arange(len(votes)), train_labels[neighbours[:, column]]] += 1
        counts.append(int((votes.argmax(1) == test_labels).sum()))
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="fer2013.csv.zst")
    parser.add_argument("--mien", default="build/apps/cli/mien")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    train, train_labels, test, test_labels = reference_split.read(arguments.data)
    train, test = train.astype(numpy.float32), test.astype(numpy.float32)
    index = faiss.IndexFlatL2(train.shape[1])
    index.add(train)
    brute = NearestNeighbors(n_neighbors=K[-1], algorithm="brute").fit(train)
    searches = {"faiss": lambda: index.search(test, K[-1])[1],
                "scikit-learn": lambda: brute.kneighbors(test, return_distance=False)}
    times, correct = {name: [] for name in ("mien", *searches)}, {}
    for turn in range(arguments.rounds):
        seconds, correct["mien"], memory = run_mien(arguments.mien, arguments.data)
        times["mien"].append(seconds)
        for name, search in searches.items():
            start = time.perf_counter()
            neighbours = search()
            times[name].append(time.perf_counter() - start)
            correct[name] = count_correct(neighbours, train_labels, test_labels)
        print(f"round {turn + 1}: " + ", ".join(f"{name} {t[-1]:.2f} s" for name, t in times.items()),
              flush=True)
    for name, seconds in times.items():
        print(f"{name:14} {statistics.median(seconds):7.3f} s ({min(seconds):.3f} to "
              f"{max(seconds):.3f})  {statistics.median(seconds) / statistics.median(times['mien']):5.1f}"
              f"  correct for k = {K}: {correct[name]}")
    print(f"mien's peak of memory: {memory} MB")


if __name__ == "__main__":
    main()
