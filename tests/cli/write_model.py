"""write_model.py - write a small .mien by the tables of docs/model_file.md, and nothing else.

    write_model.py OUT.mien [SECTION=TEXT...] [TENSOR[:ROWSxCOLUMNS]=NUMBER,NUMBER,...]

A TENSOR with a shape is a new one.

SPDX-License-Identifier: MIT"""

import hashlib
import struct
import sys

SECTIONS = {
    "architecture": "input 2x2x1\nflatten\ndense 2\noutput expression\n",
    "labels": "happy\nsad\n",
    "about": "name: tiny\ndataset sha256: 00ff\ncommand: mien train faces -o tiny.mien\n",
    "history": "epoch,loss,validation_accuracy\n1,0.9,0.5\n2,0.5,0.75\n3,0.25,0.625\n",
}
TENSORS = {"dense1.weights": ((2, 4), [0.5] * 8), "dense1.bias": ((2,), [-1.0] * 2)}


def padded(data):
    return data + b"\0" * (-len(data) % 64)


def tensor_sections(tensors):
    table, weights = b"", b""
    for name, (dims, values) in tensors.items():
        shape = dims + (1,) * (4 - len(dims))
        table += struct.pack("<64sII6Q", name.encode(), 1, len(dims), *shape, len(weights),
                             4 * len(values))
        weights += padded(struct.pack(f"<{len(values)}f", *values))
    return table, weights


def model(texts, tensors):
    sections = [(name, text.encode()) for name, text in texts.items()]
    sections += zip(("tensors", "weights"), tensor_sections(tensors))
    table = struct.pack("<II", len(sections), 0)
    offset = 64 + len(padded(bytes(8 + 48 * len(sections))))
    body = b""
    for name, data in sections:
        table += struct.pack("<32sQQ", name.encode(), offset + len(body), len(data))
        body += padded(data)
    body = padded(table) + body
    header = b"\x89MIEN\r\n\x1a" + struct.pack("<IIQQ", 1, 0, 64 + len(body), 0)
    return header + hashlib.sha256(body).digest() + body


def main():
    texts, tensors = dict(SECTIONS), dict(TENSORS)
    for argument in sys.argv[2:]:
        name, text = argument.split("=", 1)
        name, _, shape = name.partition(":")
        if shape:
            tensors[name] = (tuple(int(size) for size in shape.split("x")), [])
        if name in tensors:
            tensors[name] = (tensors[name][0], [float(number) for number in text.split(",")])
        else:
            texts[name] = text
    with open(sys.argv[1], "wb") as file:
        file.write(model(texts, tensors))


main()
