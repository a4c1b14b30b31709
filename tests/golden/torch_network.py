"""A network described by an architecture's text, computed with PyTorch.

Outside: activations NHWC, filters (K, R, S, C / groups), dense weights (outputs, inputs).
Inside: NCHW, and the gradients come from autograd. Batch normalisation is written out, because
PyTorch's keeps the unbiased running variance and Keras's the biased one.
SPDX-License-Identifier: MIT"""
import math

import numpy as np
import torch
import torch.nn.functional as F

import golden_file

BATCHNORM_EPSILON = 1e-3
BATCHNORM_MOMENTUM = 0.99


def glorot_limit(fan_in, fan_out):
    return np.float32(math.sqrt(6.0 / (fan_in + fan_out)))


class Layer:
    """One line: `kind`, its words, the numbers of its inputs and of its parameters."""

    def __init__(self, kind, words, inputs):
        self.kind, self.words, self.inputs = kind, words, inputs
        self.parameters = []
        self.shape = None  # (H, W, C)

    def option(self, name, default):
        if name not in self.words:
            return default
        return type(default)(self.words[self.words.index(name) + 1])

    def size(self, position):
        return [int(side) for side in self.words[position].split("x")]


class Network:
    """`parameters` lists (name, dims, role, fan_in, fan_out) in the order of the text."""

    def __init__(self, text):
        self.layers, self.parameters, self.names, counts = [], [], {}, {}
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if not words or words[0] == "output":
                continue
            counts[words[0]] = counts.get(words[0], 0) + 1
            name = f"{words[0]}{counts[words[0]]}"
            inputs = [len(self.layers) - 1]
            if words[-2:-1] == ["as"]:
                name, words = words[-1], words[:-2]
            if words[-2:-1] == ["from"]:
                inputs, words = [self.names[words[-1]]], words[:-2]
            if words[0] in ("add", "concat"):
                inputs += [self.names[word] for word in words[1:]]
            self.names[name] = len(self.layers)
            layer = Layer(words[0], words[1:], inputs)
            self.layers.append(layer)
            self._shape(name, layer)

    def _add_parameter(self, name, layer, part, dims, role, fan_in=0, fan_out=0):
        layer.parameters.append(len(self.parameters))
        self.parameters.append((f"{name}.{part}", tuple(dims), role, fan_in, fan_out))

    def _shape_convolution(self, name, layer, H, W, C):
        depthwise = layer.kind == "depthwise"
        K = C if depthwise else int(layer.words[0])
        R, S = layer.size(0 if depthwise else 1)
        layer.groups = C if depthwise else layer.option("groups", 1)
        layer.stride, layer.pad = layer.option("stride", 1), (R // 2, S // 2)
        dims = (K, R, S, C // layer.groups)
        self._add_parameter(name, layer, "weights", dims, "weights", R * S * dims[3],
                  R * S * K // layer.groups)
        if "nobias" not in layer.words:
            self._add_parameter(name, layer, "bias", (K,), "bias")
        layer.shape = ((H - 1) // layer.stride + 1, (W - 1) // layer.stride + 1, K)

    def _shape(self, name, layer):
        if layer.kind == "input":
            layer.shape = tuple(layer.size(0))
            return
        H, W, C = layer.shape = self.layers[layer.inputs[0]].shape
        if layer.kind in ("convolution", "depthwise"):
            self._shape_convolution(name, layer, H, W, C)
        elif layer.kind == "batchnorm":
            for part, role in (("scale", "scale"), ("shift", "shift"), ("mean", "mean"),
                               ("variance", "variance")):
                self._add_parameter(name, layer, part, (C,), role)
        elif layer.kind == "dense":
            K = int(layer.words[0])
            self._add_parameter(name, layer, "weights", (K, C), "weights", C, K)
            if "nobias" not in layer.words:
                self._add_parameter(name, layer, "bias", (K,), "bias")
            layer.shape = (1, 1, K)
        elif layer.kind == "squeeze":
            r = int(layer.words[0])
            self._add_parameter(name, layer, "reduce_weights", (r, C), "weights", C, r)
            self._add_parameter(name, layer, "reduce_bias", (r,), "bias")
            self._add_parameter(name, layer, "expand_weights", (C, r), "weights", r, C)
            self._add_parameter(name, layer, "expand_bias", (C,), "bias")
        elif layer.kind in ("maxpool", "avgpool"):
            layer.window = R, S = layer.size(0)
            layer.stride = layer.option("stride", R)
            layer.shape = ((H - R) // layer.stride + 1, (W - S) // layer.stride + 1, C)
        elif layer.kind == "globalpool":
            layer.shape = (1, 1, C)
        elif layer.kind == "flatten":
            layer.shape = (1, 1, H * W * C)
        elif layer.kind == "upsample":
            layer.shape = (2 * H, 2 * W, C)
        elif layer.kind == "concat":
            layer.shape = (H, W, sum(self.layers[i].shape[2] for i in layer.inputs))

    def forward(self, x, weights, training):
        """x (N, H, W, C) and the weights, tensors of one type, to the last layer's (N, H, W, C).

        In training the running statistics among `weights` are replaced by their next values.
        `self.margin` is then the smallest distance of any value from a kink (where a derivative
        jumps), which tells whether rounding could choose another branch."""
        values = []
        self.margin = math.inf
        for layer in self.layers:
            if layer.kind == "input":
                values.append(x.permute(0, 3, 1, 2))
                continue
            inputs = [values[i] for i in layer.inputs]
            tensors = [weights[i] for i in layer.parameters]
            if layer.kind == "batchnorm":
                y = self._batchnorm(layer, inputs[0], weights, training)
            elif layer.kind == "dropout":
                y = self._dropout(layer, inputs[0], len(values)) if training else inputs[0]
            else:
                y = getattr(self, "_" + layer.kind)(layer, *inputs, *tensors)
            values.append(y)
        return values[-1].permute(0, 2, 3, 1)

    def _kink(self, x, *positions):
        for position in positions:
            self.margin = min(self.margin, (x.detach() - position).abs().min().item())

    def _normalize(self, layer, x):
        mean, deviation = (float(word) for word in layer.words)
        return (x - mean) / deviation

    def _convolution(self, layer, x, weights, bias=None):
        return F.conv2d(x, weights.permute(0, 3, 1, 2), bias, layer.stride, layer.pad,
                        groups=layer.groups)

    _depthwise = _convolution

    def _batchnorm(self, layer, x, weights, training):
        scale, shift, mean, variance = (weights[i] for i in layer.parameters)
        if training:
            batch_mean, batch_variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            for i, old, new in ((2, mean, batch_mean), (3, variance, batch_variance)):
                momentum = layer.option("momentum", BATCHNORM_MOMENTUM)
                weights[layer.parameters[i]] = momentum * old + (1 - momentum) * new.detach()
            mean, variance = batch_mean, batch_variance
        factor = scale / torch.sqrt(variance + BATCHNORM_EPSILON)
        return (x - mean[:, None, None]) * factor[:, None, None] + shift[:, None, None]

    def _dropout(self, layer, x, number):
        rate, together = float(layer.words[0]), (layer.words + [""])[1]
        mask = golden_file.dropout_mask(number, len(x), *layer.shape, rate, together)
        return x * torch.from_numpy(mask.copy()).permute(0, 3, 1, 2)

    def _relu(self, layer, x):
        self._kink(x, 0.0)
        return F.relu(x)

    def _leaky(self, layer, x):
        self._kink(x, 0.0)
        return F.leaky_relu(x, float(layer.words[0]))

    def _silu(self, layer, x):
        return x * torch.sigmoid(x)

    def _sigmoid(self, layer, x):
        return torch.sigmoid(x)

    def _hardswish(self, layer, x):
        self._kink(x, -3.0, 3.0)
        return x * F.relu6(x + 3) / 6

    def _maxpool(self, layer, x):
        windows = F.unfold(x.flatten(0, 1)[:, None].detach(), layer.window, stride=layer.stride)
        top = windows.topk(2, 1).values
        gap = top[:, 0] - top[:, 1]
        self._kink(gap[gap > 0], 0.0)  # equal values were both cut off by ReLU: no gradient
        return F.max_pool2d(x, layer.window, layer.stride)

    def _avgpool(self, layer, x):
        return F.avg_pool2d(x, layer.window, layer.stride)

    def _globalpool(self, layer, x):
        return x.mean((2, 3), keepdim=True)

    def _flatten(self, layer, x):
        return x.permute(0, 2, 3, 1).flatten(1)[:, :, None, None]

    def _dense(self, layer, x, weights, bias=None):
        return F.linear(x.flatten(1), weights, bias)[:, :, None, None]

    def _add(self, layer, x, other):
        return x + other

    def _concat(self, layer, *inputs):
        return torch.cat(inputs, 1)

    def _upsample(self, layer, x):
        return F.interpolate(x, scale_factor=2, mode="nearest")

    def _squeeze(self, layer, x, reduce_weights, reduce_bias, expand_weights, expand_bias):
        reduced = F.linear(x.mean((2, 3)), reduce_weights, reduce_bias)
        self._kink(reduced, 0.0)
        gate = torch.sigmoid(F.linear(F.relu(reduced), expand_weights, expand_bias))
        return x * gate[:, :, None, None]


def cross_entropy(logits, targets):
    """Mean over the batch of -sum(targets * log softmax(logits)); both (N, classes)."""
    return -(targets * F.log_softmax(logits, 1)).sum(1).mean()


def one_hot(labels, classes, smoothing=0.0):
    hot = np.eye(classes)[labels]
    return torch.from_numpy((1 - smoothing) * hot + smoothing / classes)
