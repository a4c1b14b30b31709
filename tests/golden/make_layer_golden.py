#!/usr/bin/python3
"""Makes layers.txt: outputs and gradients of every kind of layer on small inputs, in float64.

Usage: make_layer_golden.py [OUTPUT]
SPDX-License-Identifier: MIT"""
import os
import sys

import numpy as np
import torch

import golden_file
from torch_network import Network, cross_entropy, one_hot

# name, N, limit of the input's values, lines between input and output. Odd sizes, one channel and
# channel counts that are no multiple of 8 or 16 are where vector code goes wrong.
NETWORKS = [
    ("convolution_3x3_1_channel", 2, 1, "8x8x1", "convolution 4 3x3"),
    ("convolution_3x3_3_channels", 2, 1, "6x6x3", "convolution 5 3x3"),
    ("convolution_3x3_16_channels", 2, 1, "7x5x16", "convolution 16 3x3"),
    ("convolution_5x5_1_channel", 2, 1, "7x5x1", "convolution 3 5x5"),
    ("convolution_5x5_16_channels", 1, 1, "6x6x16", "convolution 16 5x5"),
    ("convolution_5x3_wider_than_the_picture", 2, 1, "2x2x2", "convolution 3 5x3"),
    ("convolution_1x1", 2, 1, "5x4x16", "convolution 7 1x1"),
    ("convolution_without_bias", 2, 1, "5x4x3", "convolution 4 3x3 nobias"),
    ("convolution_stride_2", 2, 1, "8x8x3", "convolution 8 3x3 stride 2"),
    ("convolution_stride_2_odd", 2, 1, "7x5x3", "convolution 8 3x3 stride 2"),
    ("convolution_1x1_stride_2", 2, 1, "7x5x4", "convolution 8 1x1 stride 2"),
    ("convolution_groups", 2, 1, "6x5x8", "convolution 12 3x3 groups 4"),
    ("convolution_relu", 2, 1, "7x5x3", "convolution 16 3x3\nrelu"),
    ("convolution_relu_batchnorm_twice", 3, 1, "6x6x1",
     "convolution 8 3x3\nrelu\nbatchnorm\nconvolution 4 3x3\nrelu\nbatchnorm\nmaxpool 2x2"),
    ("depthwise_3x3", 2, 1, "6x5x16", "depthwise 3x3"),
    ("depthwise_3x3_stride_2", 2, 1, "7x6x8", "depthwise 3x3 stride 2"),
    ("depthwise_5x5_5_channels", 2, 1, "6x6x5", "depthwise 5x5"),
    ("depthwise_relu", 2, 1, "5x5x8", "depthwise 3x3\nrelu"),
    ("batchnorm", 3, 2, "4x5x16", "batchnorm"),
    ("batchnorm_3_channels", 2, 2, "5x3x3", "batchnorm"),
    ("batchnorm_of_vectors", 8, 2, "1x1x5", "batchnorm"),
    ("batchnorm_momentum", 3, 2, "3x2x4", "batchnorm momentum 0.9"),
    ("batchnorm_relu", 3, 2, "4x3x8", "batchnorm\nrelu"),
    ("normalize", 2, 1, "3x3x2", "normalize 127.5 64"),
    ("relu", 2, 1, "5x3x5", "relu"),
    ("leaky", 2, 1, "5x3x5", "leaky 0.02"),
    ("silu", 2, 5, "5x3x5", "silu"),
    ("hardswish", 2, 5, "5x3x5", "hardswish"),
    ("sigmoid", 2, 5, "5x3x5", "sigmoid"),
    ("maxpool", 2, 1, "6x4x16", "maxpool 2x2"),
    ("maxpool_odd", 2, 1, "7x5x3", "maxpool 2x2"),
    ("maxpool_overlapping", 2, 1, "7x6x5", "maxpool 3x3 stride 2"),
    ("avgpool", 2, 1, "6x4x16", "avgpool 2x2"),
    ("avgpool_odd", 2, 1, "7x5x3", "avgpool 2x2"),
    ("avgpool_overlapping", 2, 1, "7x6x5", "avgpool 3x2 stride 2"),
    ("globalpool", 3, 1, "5x3x7", "globalpool"),
    ("dense_of_a_vector", 3, 1, "1x1x20", "dense 7"),
    ("dense_without_bias", 3, 1, "1x1x17", "dense 3 nobias"),
    ("dense_of_a_picture", 3, 1, "3x2x4", "flatten\ndense 5"),
    ("dense_relu", 3, 1, "1x1x32", "dense 16\nrelu"),
    ("dense_wider_than_a_block", 2, 1, "1x1x150", "dense 37"),
    ("add", 2, 1, "4x3x8",
     "convolution 8 1x1 as left\nconvolution 8 3x3 from input1\nadd left"),
    ("add_of_the_input", 2, 1, "4x3x8", "convolution 8 3x3\nadd input1"),
    ("concat", 2, 1, "4x3x8",
     "convolution 3 1x1 as left\nconvolution 5 3x3 from input1\nconcat left"),
    ("concat_of_three", 2, 1, "3x2x4",
     "convolution 3 1x1 as left\nconvolution 5 3x3 from input1\nconcat left input1"),
    ("upsample", 2, 1, "3x2x5", "upsample"),
    ("squeeze", 2, 1, "4x3x8", "squeeze 4"),
    ("dropout", 3, 1, "5x3x5", "dropout 0.3"),
    ("dropout_spatial", 3, 1, "3x2x37", "dropout 0.25 spatial"),
    ("dropout_path", 9, 1, "3x2x3", "dropout 0.4 path"),
    ("stochastic_depth", 5, 1, "4x3x8",
     "depthwise 3x3\nhardswish\nconvolution 8 1x1\ndropout 0.4 path\nadd input1\nsilu"),
]

# role: centre and limit of the values; weights get unit-variance outputs for inputs in [-1, 1)
FILLS = {"bias": (0, 0.2), "scale": (1, 0.5), "shift": (0, 0.5), "mean": (0, 0.2),
         "variance": (1, 0.5)}
MARGIN = 1e-4  # no value may be nearer to a kink than this


def tensor(values, wanted=False):
    return torch.from_numpy(np.asarray(values, np.float64)).requires_grad_(wanted)


def fill_parameters(out, network):
    weights = []
    for number, (name, dims, role, fan_in, _) in enumerate(network.parameters):
        centre, limit = FILLS.get(role, (0, np.sqrt(3.0 / max(fan_in, 1))))
        weights.append(tensor(out.random(name, dims, number, centre, limit),
                              role not in ("mean", "variance")))
    return weights


def write_gradients(out, network, x, weights):
    out.tensor("dx", x.grad.numpy())
    for (name, _, role, _, _), weight in zip(network.parameters, weights):
        if role not in ("mean", "variance"):
            out.tensor("d" + name, weight.grad.numpy())


def write_network(out, seed, name, N, limit, size, lines):
    text = f"input {size}\n{lines}\noutput y\n"
    network = Network(text)
    out.case(name, seed, text)
    x = tensor(out.random("x", (N, *network.layers[0].shape), golden_file.PURPOSE_INPUT, 0, limit),
               True)
    weights = fill_parameters(out, network)
    given = list(weights)
    y = network.forward(x, weights, training=True)
    if network.margin < MARGIN:
        raise ValueError(f"{name}: a value is {network.margin:g} from a kink: use another seed")
    y.backward(tensor(out.random("dy", tuple(y.shape), golden_file.PURPOSE_UPSTREAM, 0, 1)))
    out.tensor("y", y.detach().numpy())
    write_gradients(out, network, x, given)
    for (parameter, _, role, _, _), weight in zip(network.parameters, weights):
        if role in ("mean", "variance"):
            out.tensor("next_" + parameter, weight.numpy())
    if "batchnorm" in text or "dropout" in text:
        inferred = network.forward(x, given, training=False)
        out.tensor("y_inference", inferred.detach().numpy())
    out.end()


def write_loss(out, seed, name, make_targets, N=5, classes=7):
    """`make_targets` writes labels or targets and returns (N, classes) targets."""
    out.case(name, seed)
    logits = tensor(out.random("logits", (N, classes), golden_file.PURPOSE_INPUT, 0, 4), True)
    loss = cross_entropy(logits, make_targets(out, N, classes))
    loss.backward()
    out.tensor("probabilities", torch.softmax(logits, 1).detach().numpy())
    out.tensor("loss", loss.item())
    out.tensor("dlogits", logits.grad.numpy())
    out.end()


def label_targets(smoothing):
    def make(out, N, classes):
        if smoothing:
            out.tensor("smoothing", smoothing)
        labels = out.integers("labels", (N,), golden_file.PURPOSE_LABELS, classes)
        return one_hot(labels, classes, smoothing)

    return make


def vote_targets(out, N, classes):
    votes = out.integers("votes", (N, classes), golden_file.PURPOSE_TARGETS, 10)
    targets = votes / votes.sum(1, keepdims=True)
    out.tensor("targets", targets)
    return tensor(targets)


def write_generator(out):
    """Numbers to check the generator itself with."""
    out.case("generator", 121)
    out.random("uniform", (8,), 5, 0.5, 0.5)
    out.tensor("expected", golden_file.random_uniform(121, 5, 8))
    out.end()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "layers.txt")
    out = golden_file.Writer(path, "Outputs and gradients of every kind of layer.")
    write_generator(out)
    for number, network in enumerate(NETWORKS):
        write_network(out, 100 + number, *network)
    write_loss(out, 1, "cross_entropy", label_targets(0))
    write_loss(out, 2, "cross_entropy_label_smoothing", label_targets(0.1))
    write_loss(out, 3, "cross_entropy_soft_targets", vote_targets)
    out.close()


if __name__ == "__main__":
    main()
