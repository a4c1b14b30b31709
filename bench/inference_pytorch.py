#!/usr/bin/python3
"""Times recognition in PyTorch: one picture on one thread, and a batch on several.

Every variant of layout, type and compilation (eager, or frozen TorchScript with folded batch
normalisation and fused ReLU), in one process a case, from 32-bit pictures in memory to logits.
SPDX-License-Identifier: MIT"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch

from networks_pytorch import NETWORKS, SIDE

WARM_UP_CALLS = 20
VARIANTS = [(kind, layout, mode) for kind in ("f32", "bf16") for layout in ("nchw", "nhwc")
            for mode in ("eager", "frozen")]


def prepare(network, x, mode):
    if mode == "eager":
        return network
    traced = torch.jit.freeze(torch.jit.trace(network, x))
    return torch.jit.optimize_for_inference(traced) if x.dtype == torch.float32 else traced


def call_times(function, seconds):
    """Of every call until `seconds` are over: seconds it took."""
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def measure(options, kind, layout, mode):
    torch.manual_seed(0)
    dtype = torch.bfloat16 if kind == "bf16" else torch.float32
    form = torch.channels_last if layout == "nhwc" else torch.contiguous_format
    x = torch.rand(options.batch, 1, SIDE, SIDE, dtype=torch.float32).to(dtype, memory_format=form)
    network = NETWORKS[options.network]().eval().to(dtype=dtype, memory_format=form)
    with torch.inference_mode():
        function = prepare(network, x, mode)
        for _ in range(WARM_UP_CALLS):
            function(x)
        times = call_times(lambda: function(x), options.seconds)
    median = statistics.median(times)
    return {"network": options.network, "batch": options.batch, "threads": options.threads,
            "type": kind, "layout": layout, "mode": mode, "microseconds": median * 1e6,
            "min": min(times) * 1e6, "max": max(times) * 1e6,
            "pictures_per_second": options.batch / median}


def report(figures, as_json):
    if as_json:
        print(json.dumps(figures), flush=True)
        return
    print("{network} batch {batch}, {threads} threads, {type} {layout} {mode}: "
          "{microseconds:.0f} us ({min:.0f} to {max:.0f}), {pictures_per_second:.0f} "
          "pictures/s".format(**figures), flush=True)


def measure_case(options):
    """All variants of one network, batch and number of threads."""
    torch.set_num_threads(options.threads)
    for variant in VARIANTS:
        try:
            report(measure(options, *variant), options.json)
        except RuntimeError as error:
            print(f"{' '.join(variant)}: {str(error).splitlines()[0]}", file=sys.stderr)


def measure_all(options):
    for network in NETWORKS:
        for batch, threads in ((1, 1), (64, 2)):
            environment = dict(os.environ, OMP_NUM_THREADS=str(threads),
                               OPENBLAS_NUM_THREADS=str(threads))
            subprocess.run([sys.executable, __file__, "--network", network, "--batch", str(batch),
                            "--threads", str(threads), "--seconds", str(options.seconds),
                            *(["--json"] if options.json else [])], check=True, env=environment)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=NETWORKS, help="without it: every case")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3, help="of one variant")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    (measure_case if options.network else measure_all)(options)


if __name__ == "__main__":
    main()
