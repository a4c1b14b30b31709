#!/usr/bin/python3
"""Makes deck.txt: forward, gradients and ten Adam steps of the reference network, in float64.

Dropout and augmentation are off. With --f32 the same steps run in float32 as well and the
differences are printed, relative to the largest value unless said otherwise: that tells what a
float32 engine can be asked for.

Usage: make_deck_golden.py [--f32] [OUTPUT]
SPDX-License-Identifier: MIT"""
import os
import sys

import numpy as np
import torch

import golden_file
from torch_network import Network, cross_entropy, glorot_limit, one_hot

SEED, N, CLASSES, STEPS = 1, 32, 7, 10
# At 1e-3 this network learns 32 pictures of noise by heart in two steps, and what is left of the
# loss says little: at this rate it falls slowly, and a wrong optimiser shows.
SMALL_RATE = 1e-5
BLOCK = "convolution 16 {}\nrelu\nbatchnorm\n"
TEXT = ("input 48x48x1\nnormalize 0 255\n"
        + BLOCK.format("3x3") + BLOCK.format("5x5") + BLOCK.format("3x3") + "maxpool 2x2\n"
        + BLOCK.format("3x3") + BLOCK.format("3x3")
        + "flatten\ndense 256\nrelu\ndense 128\nrelu\ndense 7\noutput expression\n")


def is_trained(parameter):
    return parameter[2] not in ("mean", "variance")


class Adam:
    """Kingma, Ba (2015), section 2's last paragraph, as Keras has it: epsilon is added to the
    root of the uncorrected second moment, and the step size carries both corrections."""

    def __init__(self, weights, rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-7):
        self.rate, self.beta1, self.beta2, self.epsilon = rate, beta1, beta2, epsilon
        self.first = [torch.zeros_like(weight) for weight in weights]
        self.second = [torch.zeros_like(weight) for weight in weights]
        self.step_count = 0

    def step(self, weights, gradients):
        self.step_count += 1
        rate = (self.rate * (1 - self.beta2**self.step_count) ** 0.5
                / (1 - self.beta1**self.step_count))
        for weight, gradient, m, v in zip(weights, gradients, self.first, self.second):
            m.mul_(self.beta1).add_(gradient, alpha=1 - self.beta1)
            v.mul_(self.beta2).addcmul_(gradient, gradient, value=1 - self.beta2)
            weight -= rate * m / (v.sqrt() + self.epsilon)


def start_value(out, number, parameter):
    name, dims, role, fan_in, fan_out = parameter
    centre = 1 if role in ("scale", "variance") else 0
    limit = glorot_limit(fan_in, fan_out) if role == "weights" else 0
    return out.random(name, dims, number, centre, limit)


class Run:
    """Everything that is stored, for one learning rate and floating point type."""

    def __init__(self, network, pixels, targets, start, rate, dtype):
        x, targets = pixels.to(dtype), targets.to(dtype)
        weights = [torch.from_numpy(values).to(dtype, copy=True) for values in start]
        trained = [i for i, p in enumerate(network.parameters) if is_trained(p)]
        adam = Adam([weights[i] for i in trained], rate)
        self.losses = []
        for step in range(STEPS):
            for i in trained:
                weights[i].requires_grad_(True)
            logits = network.forward(x, weights, training=True).flatten(1)
            loss = cross_entropy(logits, targets)
            gradients = torch.autograd.grad(loss, [weights[i] for i in trained])
            self.losses.append(loss.item())
            if step == 0:
                self.logits = logits.detach().double().numpy()
                self.gradients = dict(zip(trained, (g.double().numpy() for g in gradients)))
            for i in trained:
                weights[i] = weights[i].detach()
            adam.step([weights[i] for i in trained], gradients)
        with torch.no_grad():
            logits = network.forward(x, weights, training=False).flatten(1)
        self.inference_logits = logits.double().numpy()
        self.weights = [weight.double().numpy() for weight in weights]
        self.changes = {i: self.weights[i] - start[i] for i in trained}


def write_gradients(out, network, run):
    out.tensor("logits", run.logits)
    for number, gradient in run.gradients.items():
        name, gradient = network.parameters[number][0], gradient.ravel()
        index = golden_file.sample_indices(SEED, number, gradient.size)
        out.tensor("gradient_sum." + name, gradient.sum())
        out.tensor("gradient_norm." + name, norm(gradient))
        out.tensor("sample_index." + name, index)
        out.tensor("sample_gradient." + name, gradient[index])


def write_steps(out, network, rate, run):
    out.tensor("rate", rate)
    out.tensor("losses", run.losses)
    out.tensor("inference_logits", run.inference_logits)
    for number, parameter in enumerate(network.parameters):
        if is_trained(parameter):
            out.tensor("change_norm." + parameter[0], norm(run.changes[number]))
        else:
            out.tensor("next_" + parameter[0], run.weights[number])


def norm(values):
    return np.sqrt((values**2).sum())


def largest(difference, scale):
    return np.abs(difference).max() / np.abs(scale).max()


def print_gradient_differences(network, exact, rounded):
    print("logits", f"{largest(rounded.logits - exact.logits, exact.logits):.1e}")
    for i, gradient in exact.gradients.items():
        error = rounded.gradients[i] - gradient
        print(f"gradient of {network.parameters[i][0]:24s} {largest(error, gradient):.1e}"
              f" norm {norm(error) / norm(gradient):.1e}"
              f" sum {abs(error.sum()) / norm(gradient):.1e} of the norm")


def print_step_differences(network, exact, rounded):
    difference = np.abs(np.subtract(rounded.losses, exact.losses)) / exact.losses
    print("losses", " ".join(f"{value:.1e}" for value in difference))
    error = rounded.inference_logits - exact.inference_logits
    print("inference logits", f"{largest(error, exact.inference_logits):.1e}")
    for i, parameter in enumerate(network.parameters):
        if is_trained(parameter):
            change = norm(exact.changes[i])
            print(f"change_norm.{parameter[0]:24s}"
                  f" {abs(norm(rounded.changes[i]) - change) / change:.1e}")
        else:
            print(f"next_{parameter[0]:24s}"
                  f" {largest(rounded.weights[i] - exact.weights[i], exact.weights[i]):.1e}")


def write_case(out, name, rate, with_gradients, show_f32):
    network = Network(TEXT)
    out.case(name, SEED, TEXT)
    pixels = torch.from_numpy(
        out.integers("pixels", (N, 48, 48, 1), golden_file.PURPOSE_INPUT, 256))
    labels = out.integers("labels", (N,), golden_file.PURPOSE_LABELS, CLASSES)
    start = [start_value(out, i, p) for i, p in enumerate(network.parameters)]
    given = network, pixels, one_hot(labels, CLASSES), start, rate
    exact = Run(*given, torch.float64)
    if with_gradients:
        write_gradients(out, network, exact)
    write_steps(out, network, rate, exact)
    out.end()
    print(name, "losses", *(f"{loss:.6f}" for loss in exact.losses))
    if show_f32:
        rounded = Run(*given, torch.float32)
        if with_gradients:
            print_gradient_differences(network, exact, rounded)
        print_step_differences(network, exact, rounded)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--f32"]
    here = os.path.dirname(os.path.abspath(__file__))
    out = golden_file.Writer(arguments[0] if arguments else os.path.join(here, "deck.txt"),
                             "The reference network: forward, gradients, ten Adam steps.")
    show_f32 = "--f32" in sys.argv
    write_case(out, "deck", 1e-3, True, show_f32)
    write_case(out, "deck_small_rate", SMALL_RATE, False, show_f32)
    out.close()


if __name__ == "__main__":
    main()
