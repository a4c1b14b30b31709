#!/usr/bin/env python3
# waves.py - a small data set of made pictures, as FER2013's CSV.
# SPDX-License-Identifier: MIT
#
#   waves.py ROW... >FILE.csv     each ROW is LABEL:PART:SEED[:CHANGE]
#
# The same seed draws the same picture. CHANGE is brighter, mirrored, or blank.
import math
import random
import sys

PARTS = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}


def picture(seed):
    draw = random.Random(int(seed))
    waves = [[draw.uniform(-0.5, 0.5) for _ in range(3)] for _ in range(6)]
    return [
        [int(127 + 18 * sum(math.sin(a * x + b * y + 9 * c) for a, b, c in waves))
         for x in range(48)]
        for y in range(48)
    ]


def change(rows, name):
    if name == "brighter":
        return [[int(pixel * 0.7 + 60) for pixel in row] for row in rows]
    if name == "mirrored":
        return [row[::-1] for row in rows]
    assert name == "blank", name
    return [[7] * 48] * 48


named = any(argument.split(":")[1] for argument in sys.argv[1:])
print("emotion,pixels" + (",Usage" if named else ""))
for argument in sys.argv[1:]:
    label, part, seed, *changes = argument.split(":")
    rows = picture(seed)
    for name in changes:
        rows = change(rows, name)
    pixels = " ".join(str(pixel) for row in rows for pixel in row)
    print(f"{label},{pixels}" + (f",{PARTS[part]}" if named else ""))
