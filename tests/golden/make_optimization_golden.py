#!/usr/bin/python3
"""Makes optimization.txt: optimisers and learning rate schedules by PyTorch in float64.

Usage: make_optimization_golden.py [OUTPUT]
SPDX-License-Identifier: MIT"""
import os
import sys

import torch

import golden_file

STEPS, WEIGHTS, BIASES = 6, (3, 2), (3,)

OPTIMIZERS = {
    "adam": ("optimizer adam;epsilon 1e-10;learning_rate 0.01", torch.optim.Adam, dict(lr=0.01, eps=1e-10), 0, 0),
    "adam_decay": ("optimizer adam;epsilon 1e-10;learning_rate 0.01;beta1 0.8;beta2 0.95;weight_decay 0.1",
                   torch.optim.Adam, dict(lr=0.01, betas=(0.8, 0.95), eps=1e-10), 0.1, 0),
    "adamw": ("optimizer adamw;epsilon 1e-10;learning_rate 0.01;weight_decay 0.2",
              torch.optim.AdamW, dict(lr=0.01, eps=1e-10), 0.2, 0),
    "sgd": ("optimizer sgd;learning_rate 0.1;momentum 0;weight_decay 0.1",
            torch.optim.SGD, dict(lr=0.1), 0.1, 0),
    "momentum": ("optimizer sgd;learning_rate 0.1;momentum 0.8;nesterov no",
                 torch.optim.SGD, dict(lr=0.1, momentum=0.8), 0, 0),
    "nesterov": ("optimizer sgd;learning_rate 0.1;momentum 0.9;nesterov yes;weight_decay 0.05",
                 torch.optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True), 0.05, 0),
    "clipped": ("optimizer sgd;learning_rate 0.1;clip_norm 1.5",
                torch.optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True), 0, 1.5),
}


def write_optimizer(golden, name, text, kind, options, decay, clip):
    golden.case(name, 7, text.replace(";", "\n"))
    weights = golden.random("weights", WEIGHTS, 1, 0, 1)
    biases = golden.random("biases", BIASES, 2, 0, 1)
    w, b = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (weights, biases))
    optimizer = kind([dict(params=[w], weight_decay=decay), dict(params=[b], weight_decay=0)],
                     **options)
    for step in range(STEPS):
        for value, label, dims, purpose in ((w, "dw", WEIGHTS, 10), (b, "db", BIASES, 20)):
            gradient = golden.random(f"{label}{step}", dims, purpose + step, 0.2, 1)
            value.grad = torch.tensor(gradient, dtype=torch.float64)
        if clip:
            torch.nn.utils.clip_grad_norm_([w, b], clip)
        optimizer.step()
        golden.tensor(f"weights{step}", w.detach().numpy())
        golden.tensor(f"biases{step}", b.detach().numpy())
    golden.end()


def rates(make, count):
    """The rate of each of `count` steps of a scheduler."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = make(optimizer)
    found = []
    for _ in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def write_schedule(golden, name, text, epochs, steps, values):
    golden.case(name, 0, "learning_rate 0.1\n" + text.replace(";", "\n"))
    golden.tensor("epochs", [epochs])
    golden.tensor("steps", [steps])
    golden.tensor("rates", values)
    golden.end()


def write_schedules(golden):
    schedule = torch.optim.lr_scheduler
    by_epoch = rates(lambda o: schedule.StepLR(o, 2, 0.3), 7)
    write_schedule(golden, "step", "schedule step;step_epochs 2;step_factor 0.3", 7, 3,
                   [rate for rate in by_epoch for _ in range(3)])
    write_schedule(golden, "cosine", "schedule cosine;least_rate 0.001", 5, 4,
                   rates(lambda o: schedule.CosineAnnealingLR(o, 20, 0.001), 20))
    write_schedule(golden, "restarts",
                   "schedule cosine;least_rate 0.001;cycles 3;cycle_growth 2", 7, 4,
                   rates(lambda o: schedule.CosineAnnealingWarmRestarts(o, 4, 2, 0.001), 28))
    after = rates(lambda o: schedule.CosineAnnealingLR(o, 12, 0.001), 12)
    write_schedule(golden, "warmup", "schedule cosine;least_rate 0.001;warmup_epochs 2", 5, 4,
                   [0.1 * (step + 1) / 8 for step in range(8)] + after)
    write_schedule(golden, "one_cycle",
                   "schedule one-cycle;peak_share 0.25;start_divisor 10;least_rate 0.0001", 4, 10,
                   rates(lambda o: schedule.OneCycleLR(
                       o, 0.1, total_steps=40, pct_start=0.25, div_factor=10,
                       final_div_factor=100, cycle_momentum=False), 40))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "optimization.txt")
    golden = golden_file.Writer(path, "Optimisers and schedules by PyTorch.")
    for name, case in OPTIMIZERS.items():
        write_optimizer(golden, name, *case)
    write_schedules(golden)
    golden.close()


if __name__ == "__main__":
    main()
