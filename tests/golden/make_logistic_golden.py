#!/usr/bin/python3
"""Makes logistic.txt: multinomial logistic regression on whitened features by scikit-learn.

Usage: make_logistic_golden.py [OUTPUT]
SPDX-License-Identifier: MIT"""
import os
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

import golden_file

EXAMPLES, FEATURES, LABELS, SHOWN = 150, 5, 3, 6


def make_examples(golden):
    """Features of mean 0, variance 1 and no correlation, and labels that depend on them."""
    mixed = golden_file.fill_random(golden.seed, (EXAMPLES, FEATURES), 1, 0, 1).astype(np.float64)
    left = np.linalg.svd(mixed - mixed.mean(0), full_matrices=False)[0]
    features = np.float32(left * np.sqrt(EXAMPLES - 1))
    noise = golden_file.fill_random(golden.seed, (EXAMPLES, LABELS), 2, 0, 2)
    labels = (features[:, :LABELS] + noise + [0.8, 0, -0.3]).argmax(1)
    golden.tensor("features", features)
    golden.tensor("labels", labels)
    return features.astype(np.float64), labels


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "logistic.txt")
    golden = golden_file.Writer(path, "Logistic regression by scikit-learn.")
    golden.case("logistic", 8)
    features, labels = make_examples(golden)
    model = LogisticRegression(C=1, tol=1e-12, max_iter=100000).fit(features, labels)
    golden.tensor("weights", model.coef_)
    golden.tensor("biases", model.intercept_)
    golden.tensor("probabilities", model.predict_proba(features[:SHOWN]))
    golden.end()
    golden.close()


if __name__ == "__main__":
    main()
