#!/usr/bin/python3
"""Makes pca.txt: principal components of made-up pictures by scikit-learn's full SVD, in float64.

Usage: make_pca_golden.py [OUTPUT]
SPDX-License-Identifier: MIT"""
import os
import sys

import numpy as np
from sklearn.decomposition import PCA

import golden_file

PICTURES, PIXELS, SOURCES, COMPONENTS, SHOWN = 301, 70, 6, 12, 5
WEIGHTS = 2 ** np.arange(SOURCES)[::-1]  # each source varies half as much as the one before


def make_pictures(golden):
    """Bytes (PICTURES, PIXELS): mixed sources and a little noise, in integers throughout."""
    amounts = golden.integers("amounts", (PICTURES, SOURCES), 1, 256)
    patterns = golden.integers("patterns", (SOURCES, PIXELS), 2, 16)
    noise = golden.integers("noise", (PICTURES, PIXELS), 3, 8)
    return (amounts * WEIGHTS) @ patterns // (16 * WEIGHTS.sum()) + noise


def fix_signs(axes):
    """The sign of each row that makes its element farthest from 0 positive."""
    return np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "pca.txt")
    golden = golden_file.Writer(path, "Principal components by scikit-learn's full SVD.")
    golden.case("pca", 8)
    pictures = make_pictures(golden)
    pca = PCA(COMPONENTS, svd_solver="full").fit(pictures.astype(np.float64))
    signs = fix_signs(pca.components_)
    features = pca.transform(pictures[:SHOWN]) * signs.T
    golden.tensor("mean", pca.mean_)
    golden.tensor("variances", pca.explained_variance_)
    golden.tensor("shares", np.cumsum(pca.explained_variance_ratio_))
    golden.tensor("axes", pca.components_ * signs)
    golden.tensor("features", features)
    golden.tensor("whitened", features / np.sqrt(pca.explained_variance_))
    golden.tensor("restored", pca.inverse_transform(features * signs.T))
    golden.end()
    golden.close()


if __name__ == "__main__":
    main()
