#!/usr/bin/python3
"""Makes metrics.txt: figures of classifiers by scikit-learn.

Usage: make_metrics_golden.py [OUTPUT]
SPDX-License-Identifier: MIT"""
import os
import sys

import numpy as np
from scipy.stats import binomtest
from sklearn import metrics
from sklearn.calibration import calibration_curve

import golden_file

BINS = 15


def soft_answers(golden, count, classes, sharpness):
    """Probabilities that lean to the label, and labels, the last classes rarer."""
    noise = golden_file.fill_random(golden.seed, (count, classes), 1, 0, 1)
    draws = golden_file.fill_random(golden.seed, (count,), 2, 0.5, 0.5).astype(np.float64)
    labels = np.minimum((draws**1.5 * classes).astype(int), classes - 1)
    logits = noise * sharpness
    logits[np.arange(count), labels] += sharpness * 0.7
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return np.float32(odds / odds.sum(1, keepdims=True)), labels


def coarse_answers(golden, count, classes):
    """Probabilities in quarters: many are the same, some labels never occur."""
    levels = golden_file.fill_integers(golden.seed, (count, 4), 1, classes)
    probabilities = np.zeros((count, classes), np.float32)
    for column in levels.T:
        probabilities[np.arange(count), column] += 0.25
    labels = golden_file.fill_integers(golden.seed, (count,), 2, classes - 1)
    return probabilities, labels


def expected_calibration_error(probabilities, labels):
    confidence, right = probabilities.max(1).astype(np.float64), probabilities.argmax(1) == labels
    accuracy, mean = calibration_curve(right, confidence, n_bins=BINS)
    edges = np.linspace(0, 1, BINS + 1)[1:-1]
    counts = np.bincount(np.searchsorted(edges, confidence), minlength=BINS)
    counts = counts[counts > 0]
    return (counts * np.abs(accuracy - mean)).sum() / len(labels)


def write_confusion(golden, predicted, labels, classes):
    every = dict(labels=range(classes), zero_division=0)
    golden.tensor("confusion", metrics.confusion_matrix(labels, predicted, labels=range(classes)))
    golden.tensor("precision", metrics.precision_score(labels, predicted, average=None, **every))
    golden.tensor("recall", metrics.recall_score(labels, predicted, average=None, **every))
    golden.tensor("f1", metrics.f1_score(labels, predicted, average=None, **every))
    golden.tensor("accuracy", metrics.accuracy_score(labels, predicted))
    recall = metrics.recall_score(labels, predicted, average="macro", labels=np.unique(labels))
    golden.tensor("balanced_accuracy", recall)  # warns where a label never occurs
    golden.tensor("macro_f1", metrics.f1_score(labels, predicted, average="macro"))
    golden.tensor("matthews_correlation", metrics.matthews_corrcoef(labels, predicted))
    golden.tensor("cohens_kappa", metrics.cohen_kappa_score(labels, predicted))


def write_curves(golden, probabilities, labels, classes):
    """Of the labels that occur."""
    one_hot = labels[:, None] == np.arange(classes)
    shown = [c for c in range(classes) if one_hot[:, c].any()]
    roc = [metrics.roc_auc_score(one_hot[:, c], probabilities[:, c]) for c in shown]
    precision = [metrics.average_precision_score(one_hot[:, c], probabilities[:, c]) for c in shown]
    golden.tensor("roc_areas", roc)
    golden.tensor("precision_recall_areas", precision)
    golden.tensor("roc_area", np.mean(roc))
    golden.tensor("precision_recall_area", np.mean(precision))
    x, y, _ = metrics.roc_curve(one_hot[:, 0], probabilities[:, 0], drop_intermediate=False)
    golden.tensor("roc_x", x)
    golden.tensor("roc_y", y)
    y, x, _ = metrics.precision_recall_curve(one_hot[:, 0], probabilities[:, 0])
    golden.tensor("precision_recall_x", x[::-1])
    golden.tensor("precision_recall_y", y[::-1])


def write_case(golden, name, probabilities, labels):
    classes = probabilities.shape[1]
    golden.tensor("probabilities", probabilities)
    golden.tensor("labels", labels)
    write_confusion(golden, probabilities.argmax(1), labels, classes)
    write_curves(golden, probabilities, labels, classes)
    every = range(classes)
    golden.tensor("log_loss", metrics.log_loss(labels, probabilities, eps=1e-15, labels=every))
    one_hot = labels[:, None] == np.arange(classes)
    golden.tensor("brier_score", sum(
        metrics.brier_score_loss(one_hot[:, c], probabilities[:, c], pos_label=True)
        for c in every if one_hot[:, c].any()) + sum(
        (probabilities[:, c].astype(np.float64) ** 2).mean()
        for c in every if not one_hot[:, c].any()))
    golden.tensor("calibration_error", expected_calibration_error(probabilities, labels))
    if name == "soft":  # where probabilities are equal, scikit-learn prefers the later label
        golden.tensor("top2_accuracy", metrics.top_k_accuracy_score(
            labels, probabilities, k=2, labels=every))
    golden.end()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "metrics.txt")
    golden = golden_file.Writer(path, "Figures of classifiers by scikit-learn.")
    golden.case("soft", 21)
    write_case(golden, "soft", *soft_answers(golden, 150, 7, 2.5))
    golden.case("coarse", 22)
    write_case(golden, "coarse", *coarse_answers(golden, 90, 6))
    golden.case("mcnemar", 23)
    pairs = np.array([[0, 0], [3, 9], [10, 10], [121, 59], [0, 8], [400, 420], [1500, 1200]])
    golden.tensor("pairs", pairs)
    golden.tensor("p", [binomtest(int(a), int(a + b)).pvalue if a + b else 1 for a, b in pairs])
    golden.end()
    golden.close()


if __name__ == "__main__":
    main()
