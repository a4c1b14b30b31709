#!/usr/bin/env python3
# models_check.py - measure the shipped models again and compare with models/results.csv.
# SPDX-License-Identifier: MIT
#
#   scripts/models_check.py MIEN FER2013 [--write]
#
# FER2013 is the folder with fer2013.csv.zst and fer2013new.csv; the photographs of the face
# detector are in faces/ beside it. --write makes the table anew.
# Processors round differently, so a figure may differ by TOLERANCE; more is a failure.
import csv
import json
import os
import subprocess
import sys

TABLE = os.path.join(os.path.dirname(__file__), "..", "models", "results.csv")
TOLERANCE = 0.003
MODELS = {"small": "official", "small-int8": "official", "base": "official", "deck": "deck"}
FACE_FIGURES = ["recall", "precision", "average_precision", "landmark_error", "false_in_pictures_without_faces"]
FIGURES = ["accuracy", "balanced_accuracy", "macro_f1", "top2_accuracy", "log_loss", "calibration_error"]


def evaluate(mien, model, folder, split, *options):
    """What `mien evaluate` says of a model, the votes included."""
    command = [mien, "evaluate", model, os.path.join(folder, "fer2013.csv.zst"), "--json", "--split",
               split, "--votes", os.path.join(folder, "fer2013new.csv"), *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def measure(mien, model, folder):
    """The rows of one model: (part, figure, value, low, high)."""
    result = evaluate(mien, model, folder, MODELS[name_of(model)])
    for part, figures in (("test", result), ("test without twins", result["without_twins"])):
        for figure in FIGURES:
            low, high = figures[figure + "_interval"]
            yield part, figure, figures[figure], low, high
    for label, figures in result["labels"].items():
        yield "test", "recall of " + label, figures["recall"], "", ""
    votes = result["votes"]
    for part, figures in (("test", votes), ("test without twins", votes["without_twins"])):
        low, high = figures["majority_accuracy_interval"]
        yield part, "majority accuracy", figures["majority_accuracy"], low, high


def measure_face(mien, model, folder):
    """The rows of the detector, as it finds by default."""
    command = [mien, "detector", "evaluate", model, folder, "--json"]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    for figure in FACE_FIGURES:
        yield "validation photographs", figure, result[figure], "", ""


def name_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def row(name, part, figure, values):
    return [name, part, figure] + [v if v == "" else f"{v:.4f}" for v in values]


def rows(mien, folder):
    for name in sorted(MODELS):
        path = os.path.join(os.path.dirname(TABLE), name + ".mien")
        if not os.path.exists(path):
            continue
        print(f"{name} ...", file=sys.stderr)
        for part, figure, *values in measure(mien, path, folder):
            yield row(name, part, figure, values)
    print("face ...", file=sys.stderr)
    path = os.path.join(os.path.dirname(TABLE), "face.mien")
    for part, figure, *values in measure_face(mien, path, os.path.join(folder, "..", "faces")):
        yield row("face", part, figure, values)


def compare(expected, found):
    """Prints what differs; returns the number of differences."""
    expected = {tuple(row[:3]): float(row[3]) for row in expected}
    found = {tuple(row[:3]): float(row[3]) for row in found}
    wrong = 0
    for key in sorted(expected.keys() | found.keys()):
        a, b = expected.get(key), found.get(key)
        if a is None or b is None or abs(a - b) > TOLERANCE:
            print(f"{', '.join(key)}: {a} in the table, {b} measured")
            wrong += 1
    return wrong


def main():
    mien, folder = sys.argv[1:3]
    header = ["model", "part", "figure", "value", "low", "high"]
    found = list(rows(mien, folder))
    if "--write" in sys.argv[3:]:
        with open(TABLE, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header] + found)
        return 0
    with open(TABLE, newline="") as file:
        wrong = compare(list(csv.reader(file))[1:], found)
    print(f"models_check.py: {len(found)} figures, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
