#!/usr/bin/python3
"""Times training in PyTorch: pictures a second, from 8-bit pictures in memory to updated weights.

The pictures are random numbers, which cost the same as faces. A step is what a training loop does:
gather a shuffled batch, scale it, augment it on request (flip, contrast), forward, cross-entropy,
backward, Adam. One variant is one process, so that its peak memory is its own; --all runs all of
them in turn.
SPDX-License-Identifier: MIT"""
import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

from networks_pytorch import CLASSES, NETWORKS, SIDE, size

PICTURES = 8192
WARM_UP_STEPS = 3
# glibc gives each large activation back to the kernel and faults it in again, a tenth to a third of
# the time: these settings make it keep them.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "16000000000"}


def augmented(x):
    """Flips half of the pictures and stretches each one's contrast by 0.8 to 1.2."""
    flip = torch.rand(len(x)) < 0.5
    x = torch.where(flip[:, None, None, None], x.flip(3), x)
    factor = 0.8 + 0.4 * torch.rand(len(x), 1, 1, 1)
    mean = x.mean((2, 3), keepdim=True)
    return (x - mean) * factor + mean


class Trainer:
    def __init__(self, options):
        torch.manual_seed(0)
        self.options = options
        self.format = torch.channels_last if options.layout == "nhwc" else torch.contiguous_format
        self.pixels = torch.randint(0, 256, (PICTURES, 1, SIDE, SIDE), dtype=torch.uint8)
        self.labels = torch.randint(0, CLASSES, (PICTURES,))
        self.network = NETWORKS[options.network]().to(memory_format=self.format)
        self.network.train()
        self.optimizer = torch.optim.Adam(self.network.parameters())
        self.order, self.position = torch.randperm(PICTURES), 0

    def batch(self):
        if self.position + self.options.batch > PICTURES:
            self.order, self.position = torch.randperm(PICTURES), 0
        rows = self.order[self.position : self.position + self.options.batch]
        self.position += self.options.batch
        x = self.pixels[rows].float() / 255
        return augmented(x) if self.options.augment else x, self.labels[rows]

    def step(self):
        x, labels = self.batch()
        x = x.contiguous(memory_format=self.format)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.type == "bf16"):
            logits = self.network(x)
        loss = F.cross_entropy(logits.float(), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def pictures_per_second(self):
        steps, start = 0, time.perf_counter()
        while time.perf_counter() - start < self.options.seconds:
            self.step()
            steps += 1
        return steps * self.options.batch / (time.perf_counter() - start)


def peak_memory_mb():
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return None


def measure(options):
    torch.set_num_threads(options.threads)
    trainer = Trainer(options)
    for _ in range(WARM_UP_STEPS):
        trainer.step()
    rates = [trainer.pictures_per_second() for _ in range(options.repetitions)]
    return {"network": options.network, "batch": options.batch, "threads": options.threads,
            "layout": options.layout, "type": options.type, "augment": options.augment,
            "keep_memory": options.keep_memory,
            "pictures_per_second": statistics.median(rates), "min": min(rates), "max": max(rates),
            "peak_mb": peak_memory_mb()}


def report(figures, as_json):
    if as_json:
        print(json.dumps(figures), flush=True)
        return
    extras = [name for name in ("augment", "keep_memory") if figures[name]]
    print("{network} batch {batch}, {threads} threads, {layout} {type} {extras}: "
          "{pictures_per_second:.0f} pictures/s ({min:.0f} to {max:.0f}), "
          "peak {peak_mb:.0f} MB".format(extras=" ".join(extras), **figures), flush=True)


def measure_all(options):
    """Augmentation is timed on the deck network alone: its cost is the same elsewhere."""
    for network, batch in (("deck", 256), ("vgg", 64)):
        macs, parameters = size(NETWORKS[network]())
        print(f"{network}: {macs:.1f} MMAC, {parameters:.2f} M parameters", flush=True)
        extras = [[], ["--keep-memory"]] + [["--keep-memory", "--augment"]] * (network == "deck")
        for kind, layout, extra in itertools.product(("f32", "bf16"), ("nchw", "nhwc"), extras):
            subprocess.run(
                [sys.executable, __file__, "--network", network, "--batch", str(batch),
                 "--type", kind, "--layout", layout, "--threads", str(options.threads),
                 "--seconds", str(options.seconds), "--repetitions", str(options.repetitions),
                 *extra], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every variant, one after the other")
    parser.add_argument("--network", choices=NETWORKS, default="deck")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--layout", choices=("nchw", "nhwc"), default="nchw")
    parser.add_argument("--type", choices=("f32", "bf16"), default="f32")
    parser.add_argument("--augment", action="store_true")
    parser.add_argument("--keep-memory", action="store_true", help="malloc keeps what is freed")
    parser.add_argument("--seconds", type=float, default=3, help="of one repetition")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.keep_memory and not KEEP_MEMORY.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEEP_MEMORY})
    if options.all:
        measure_all(options)
    else:
        report(measure(options), options.json)


if __name__ == "__main__":
    main()
