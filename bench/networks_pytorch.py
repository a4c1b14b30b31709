"""The networks that are timed, in PyTorch, and their size.

SPDX-License-Identifier: MIT"""
import torch
from torch import nn

SIDE = 48
CLASSES = 7


def block(inputs, outputs, side, dropout, norm_first):
    convolution = nn.Conv2d(inputs, outputs, side, padding=side // 2)
    norm = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)
    if norm_first:
        return [convolution, norm, nn.ReLU(inplace=True)]
    return [convolution, nn.ReLU(inplace=True), norm, nn.Dropout(dropout)]


def deck():
    """The reference network: 25.4 MMAC, 2.41 M parameters."""
    layers = block(1, 16, 3, 0.2, False) + block(16, 16, 5, 0.2, False)
    layers += block(16, 16, 3, 0.2, False) + [nn.MaxPool2d(2)]
    layers += block(16, 16, 3, 0.2, False) + block(16, 16, 3, 0.2, False)
    layers += [nn.Flatten(), nn.Dropout(0.4), nn.Linear(9216, 256), nn.ReLU(inplace=True),
               nn.Linear(256, 128), nn.ReLU(inplace=True), nn.Linear(128, CLASSES)]
    return nn.Sequential(*layers)


def vgg():
    """A VGG-like network: 340 MMAC, 2.31 M parameters."""
    layers, inputs = [], 1
    for width in (32, 64, "pool", 128, 128, "pool", 256, 256, "pool", 256, 256):
        if width == "pool":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += block(inputs, width, 3, 0, True)
            inputs = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, CLASSES)]
    return nn.Sequential(*layers)


NETWORKS = {"deck": deck, "vgg": vgg}


def size(network):
    """Millions of multiply-accumulates for one picture, and of parameters as Keras counts them
    (running statistics included)."""
    macs = 0

    def count(module, inputs, output):
        nonlocal macs
        per_output = module.weight[0].numel()
        macs += per_output * output[0].numel()

    handles = [module.register_forward_hook(count) for module in network.modules()
               if isinstance(module, (nn.Conv2d, nn.Linear))]
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 1, SIDE, SIDE))
    for handle in handles:
        handle.remove()
    values = [*network.parameters(), *(b for b in network.buffers() if b.dim())]
    return macs / 1e6, sum(value.numel() for value in values) / 1e6
