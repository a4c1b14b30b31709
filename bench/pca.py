#!/usr/bin/python3
"""Times fitting 269 principal components: mien and scikit-learn's two solvers in turn.

28,709 FER2013 pictures of 2,304 pixels (the reference system's training part). Timed is the fit
alone, by each program's own clock; scikit-learn works on float32, its faster choice. The errors
are those of the explained variances, relative to each variance, against the eigenvalues of the
covariance in float64.

Usage: bench/pca.py [--mien PROGRAM] [--rounds N] FER2013.csv.zst
SPDX-License-Identifier: MIT"""
import argparse
import json
import statistics
import subprocess
import time

import numpy
from sklearn.decomposition import PCA

import reference_split

COMPONENTS = 269


def run_mien(program, data):
    command = [program, "pca", data, "--split", "deck", "--part", "validation", "-n",
               str(COMPONENTS), "--json"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return report["fit_seconds"], numpy.array(report["shares"])


def run_sklearn(pictures, solver):
    start = time.perf_counter()
    pca = PCA(COMPONENTS, svd_solver=solver, random_state=0).fit(pictures)
    return time.perf_counter() - start, pca.explained_variance_ratio_


def true_shares(pictures):
    values = numpy.linalg.eigvalsh(numpy.cov(pictures.T.astype(numpy.float64)))[::-1]
    return values[:COMPONENTS] / values.sum()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="fer2013.csv.zst")
    parser.add_argument("--mien", default="build/apps/cli/mien")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    pictures = reference_split.read(arguments.data)[0].astype(numpy.float32)
    expected = true_shares(pictures)
    runs = {"mien": lambda: run_mien(arguments.mien, arguments.data),
            "randomized": lambda: run_sklearn(pictures, "randomized"),
            "full": lambda: run_sklearn(pictures, "full")}
    times, errors = {name: [] for name in runs}, {}
    for turn in range(arguments.rounds):
        for name, run in runs.items():
            seconds, shares = run()
            times[name].append(seconds)
            errors[name] = numpy.abs(shares / expected - 1).max()
        print(f"round {turn + 1}: " + ", ".join(f"{name} {t[-1]:.2f} s" for name, t in times.items()),
              flush=True)
    for name, seconds in times.items():
        print(f"{name:10} {statistics.median(seconds):7.3f} s ({min(seconds):.3f} to "
              f"{max(seconds):.3f})  {statistics.median(seconds) / statistics.median(times['mien']):5.1f}"
              f"  largest error {errors[name]:.1e}")


if __name__ == "__main__":
    main()
