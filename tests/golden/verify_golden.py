#!/usr/bin/python3
"""Checks layers.txt and deck.txt with NumPy alone, written as plainly as possible: outputs by
loops over filter positions, gradients by central differences. Exits 1 if anything disagrees.

Usage: verify_golden.py
SPDX-License-Identifier: MIT"""
import os
import sys

import numpy as np

import golden_file
from golden_file import sample_indices

STEP = 1e-6  # of the central differences
DECK_STEP = 1e-8  # less, because some of its 1.6 million values are near a kink
HERE = os.path.dirname(os.path.abspath(__file__))
failures = 0


def check(case, what, found, expected, tolerance):
    """`tolerance` is relative to the largest expected value."""
    global failures
    expected = np.asarray(expected, np.float64)
    error = np.abs(np.reshape(found, expected.shape) - expected).max()
    if not error <= tolerance * max(np.abs(expected).max(), 1e-3):
        print(f"{case.name}: {what} is off by {error:.3g}")
        failures += 1


# --- layers on (N, H, W, C), parameters in the order of the file ---


def convolve(x, weights, bias, stride, groups):
    K, R, S, _ = weights.shape
    N, H, W, C = x.shape
    P, Q = (H - 1) // stride + 1, (W - 1) // stride + 1
    padded = np.zeros((N, H + R, W + S, C))
    padded[:, R // 2 : R // 2 + H, S // 2 : S // 2 + W] = x
    y = np.zeros((N, P, Q, K)) + bias
    for r in range(R):
        for s in range(S):
            under = padded[:, r : r + stride * P : stride, s : s + stride * Q : stride][:, :P, :Q]
            for g in range(groups):
                k, c = slice(g * K // groups, (g + 1) * K // groups), C // groups
                y[..., k] += under[..., g * c : (g + 1) * c] @ weights[k, r, s].T
    return y


def pool(x, window, stride, reduce):
    R, S = window
    P, Q = (x.shape[1] - R) // stride + 1, (x.shape[2] - S) // stride + 1
    under = [x[:, r : r + stride * P : stride, s : s + stride * Q : stride][:, :P, :Q]
             for r in range(R) for s in range(S)]
    return reduce(np.stack(under), axis=0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def batchnorm(x, words, scale, shift, mean, variance, state):
    """`state` None: with the running values; else the next ones are appended to it."""
    if state is not None:
        momentum = float(words[words.index("momentum") + 1]) if "momentum" in words else 0.99
        running, batch = (mean, variance), (x.mean((0, 1, 2)), x.var((0, 1, 2)))
        state += [momentum * old + (1 - momentum) * new for old, new in zip(running, batch)]
        mean, variance = batch
    return (x - mean) / np.sqrt(variance + 1e-3) * scale + shift


def squeeze(x, reduce_weights, reduce_bias, expand_weights, expand_bias):
    reduced = np.maximum(x.mean((1, 2)) @ reduce_weights.T + reduce_bias, 0)
    return x * sigmoid(reduced @ expand_weights.T + expand_bias)[:, None, None, :]


def sides(word):
    return [int(side) for side in word.split("x")]


def number_after(words, name, default):
    return int(words[words.index(name) + 1]) if name in words else default


def dropout(x, words, number):
    together = words[2] if len(words) > 2 else ""
    return x * golden_file.dropout_mask(number, *x.shape, float(words[1]), together)


def run_layer(words, inputs, take, state, number):
    """`take(count)` gives the next parameters; `state` None: not in training."""
    kind, x = words[0], inputs[0]
    if kind == "dropout":
        return x if state is None else dropout(x, words, number)
    if kind in ("convolution", "depthwise"):
        weights = take(1)[0]
        bias = 0 if "nobias" in words else take(1)[0]
        groups = x.shape[3] if kind == "depthwise" else number_after(words, "groups", 1)
        return convolve(x, weights, bias, number_after(words, "stride", 1), groups)
    if kind in ("maxpool", "avgpool"):
        window = sides(words[1])
        return pool(x, window, number_after(words, "stride", window[0]),
                    np.max if kind == "maxpool" else np.mean)
    if kind == "dense":
        weights = take(1)[0]
        return x @ weights.T + (0 if "nobias" in words else take(1)[0])
    if kind == "batchnorm":
        return batchnorm(x, words, *take(4), state)
    if kind == "squeeze":
        return squeeze(x, *take(4))
    simple = {
        "normalize": lambda: (x - float(words[1])) / float(words[2]),
        "relu": lambda: np.where(x > 0, x, 0),
        "leaky": lambda: np.where(x > 0, x, float(words[1]) * x),
        "silu": lambda: x * sigmoid(x),
        "hardswish": lambda: x * np.clip(x + 3, 0, 6) / 6,
        "sigmoid": lambda: sigmoid(x),
        "globalpool": lambda: x.mean((1, 2), keepdims=True),
        "flatten": lambda: x.reshape(len(x), 1, 1, -1),
        "add": lambda: inputs[0] + inputs[1],
        "concat": lambda: np.concatenate(inputs, 3),
        "upsample": lambda: x.repeat(2, 1).repeat(2, 2),
    }
    return simple[kind]()


def forward(text, x, parameters, training=True):
    """The last layer's output and the next running values, in order."""
    values, names = [x], {"input1": 0}
    state = [] if training else None
    left = iter(parameters)
    for line in text.splitlines()[1:-1]:
        words = line.split()
        above = len(values) - 1
        if words[-2:-1] == ["as"]:
            names[words[-1]] = len(values)
            words = words[:-2]
        if words[-2:-1] == ["from"]:
            above, words = names[words[-1]], words[:-2]
        others = [names[word] for word in words[1:]] if words[0] in ("add", "concat") else []
        inputs = [values[i] for i in [above] + others]
        values.append(run_layer(words, inputs, lambda count: [next(left) for _ in range(count)],
                                state, len(values)))
    return values[-1], state


def cross_entropy(logits, targets):
    shifted = logits - logits.max(1, keepdims=True)
    return -(targets * (shifted - np.log(np.exp(shifted).sum(1, keepdims=True)))).sum(1).mean()


# --- checks ---


def parameter_names(case):
    return [name for name in case.arrays
            if "." in name and name.split(".")[0].rstrip("0123456789") in
            ("convolution", "depthwise", "dense", "batchnorm", "squeeze", "left")]


def derivative(function, values, elements, step=STEP):
    """Central differences of function() by single elements of `values`, changed in place."""
    flat, found = values.reshape(-1), []
    for i in elements:
        value = flat[i]
        flat[i] = value + step
        above = function()
        flat[i] = value - step
        found.append((above - function()) / (2 * step))
        flat[i] = value
    return np.array(found)


def check_network(case):
    names = parameter_names(case)
    x = case["x"].astype(np.float64)
    parameters = [case[name].astype(np.float64) for name in names]
    dy = case["dy"].astype(np.float64)
    y, state = forward(case.text, x, parameters)
    check(case, "y", y, case["y"], 1e-8)
    running = [name for name in names if name.endswith((".mean", ".variance"))]
    for name, value in zip(running, state):
        check(case, name, value, case["next_" + name], 1e-8)
    if "y_inference" in case:
        check(case, "y_inference", forward(case.text, x, parameters, False)[0],
              case["y_inference"], 1e-8)
    for name, values in [("x", x), *zip(names, parameters)]:
        if name not in running:
            found = derivative(lambda: (forward(case.text, x, parameters)[0] * dy).sum(), values,
                               range(values.size))
            check(case, "d" + name, found, case["d" + name], 1e-6)


def loss_targets(case, classes):
    if "targets" in case:
        return case["targets"]
    smoothing = case["smoothing"][0] if "smoothing" in case else 0
    return (1 - smoothing) * np.eye(classes)[case["labels"]] + smoothing / classes


def check_loss(case):
    logits = case["logits"].astype(np.float64)
    targets = loss_targets(case, logits.shape[1])
    powers = np.exp(logits)
    check(case, "probabilities", powers / powers.sum(1, keepdims=True), case["probabilities"], 1e-8)
    check(case, "loss", cross_entropy(logits, targets), case["loss"], 1e-8)
    found = derivative(lambda: cross_entropy(logits, targets), logits, range(logits.size))
    check(case, "dlogits", found, case["dlogits"], 1e-6)


def check_deck(case):
    """The forward pass, and of each parameter's gradient the first sample and the sum, which is
    the derivative along (1, 1, ...). The ten steps rest on PyTorch alone."""
    names = parameter_names(case)
    x = case["pixels"].astype(np.float64)
    parameters = [case[name].astype(np.float64) for name in names]
    targets = loss_targets(case, 7)

    def logits():
        return forward(case.text, x, parameters)[0].reshape(len(x), -1)

    def loss():
        return cross_entropy(logits(), targets)

    check(case, "logits", logits(), case["logits"], 1e-8)
    check(case, "first loss", loss(), case["losses"][0], 1e-8)
    for number, (name, values) in enumerate(zip(names, parameters)):
        if "gradient_sum." + name in case:
            check_deck_gradient(case, number, name, values, loss)


def check_deck_gradient(case, number, name, values, loss):
    index = sample_indices(case.seed, number, values.size)
    check(case, "sample_index." + name, index, case["sample_index." + name], 0)
    norm = case["gradient_norm." + name][0]
    found = derivative(loss, values, index[:1], DECK_STEP)
    check(case, "sample_gradient." + name, found - case["sample_gradient." + name][:1] + norm,
          [norm], 1e-3)
    start, shift = values.copy(), np.zeros(1)

    def shifted_loss():
        values[...] = start + shift[0] / np.sqrt(start.size)
        return loss()

    found = derivative(shifted_loss, shift, [0], DECK_STEP) * np.sqrt(start.size)
    values[...] = start
    check(case, "gradient_sum." + name,
          (found - case["gradient_sum." + name]) / np.sqrt(start.size) + norm, [norm], 1e-3)


def main():
    layers = golden_file.read(os.path.join(HERE, "layers.txt"))
    deck = golden_file.read(os.path.join(HERE, "deck.txt"))[0]
    for case in layers:
        if case.name == "generator":
            check(case, "the generator", case["uniform"], case["expected"], 1e-8)
        elif case.text:
            check_network(case)
        else:
            check_loss(case)
    print(f"{len(layers)} cases of layers.txt checked", flush=True)
    check_deck(deck)
    print(f"deck.txt checked; {failures} disagreements")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
