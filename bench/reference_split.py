"""FER2013 and the reference system's split of it, as arrays: what the benchmarks of the baselines
begin with.
SPDX-License-Identifier: MIT"""
import io
import subprocess

import numpy
import pandas
from sklearn.model_selection import train_test_split


def read(path):
    """Training pictures, their labels, test pictures, their labels: 80% and 20%, seed 121."""
    text = subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout
    table = pandas.read_csv(io.BytesIO(text))
    pixels = numpy.stack([numpy.array(row.split(), dtype=numpy.uint8) for row in table["pixels"]])
    labels = table["emotion"].to_numpy()
    train, test = train_test_split(numpy.arange(len(pixels)), test_size=0.2, random_state=121)
    return pixels[train], labels[train], pixels[test], labels[test]
