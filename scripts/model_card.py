#!/usr/bin/env python3
# model_card.py - measure models on FER2013 and print the tables of a model's card (models/*.md).
# SPDX-License-Identifier: MIT
#
#   scripts/model_card.py MIEN FER2013 MODEL... [--split deck]
#
# FER2013 is the folder with fer2013.csv.zst and fer2013new.csv. Of several models, trainings of one
# recipe with other seeds, it prints the mean and the standard deviation of the headline figures.
import argparse
import os
import statistics

from models_check import evaluate

PARTS = {"PublicTest": "validation", "PrivateTest": "test"}
FIGURES = {"accuracy": "accuracy (7 labels)", "balanced_accuracy": "balanced accuracy",
           "macro_f1": "macro F1", "top2_accuracy": "top-2 accuracy"}
PLAIN = {"log_loss": "log loss", "calibration_error": "calibration error (ECE)"}
WORSE = (("shift", 0.2), ("scale", 0.8), ("scale", 1.2), ("rotation", -20), ("rotation", 20),
         ("brightness", 0.5), ("blur", 1), ("blur", 2), ("noise", 10), ("jpeg", 30),
         ("eyes-covered", 0.24), ("mouth-covered", 0.24))


def percent(figures, key):
    low, high = figures[key + "_interval"]
    return f"{100 * figures[key]:.1f}% ({100 * low:.1f} to {100 * high:.1f})"


def table(*rows):
    print(f"\n| {' | '.join(rows[0])} |\n|{' --- |' * len(rows[0])}")
    for row in rows[1:]:
        print(f"| {' | '.join(row)} |")


def print_figures(test):
    left = test["without_twins"]
    rows = [("", "all test pictures", "without those that are also in the training part")]
    rows += [(name, percent(test, key), percent(left, key)) for key, name in FIGURES.items()]
    rows += [(name, f"{test[key]:.3f}", f"{left[key]:.3f}") for key, name in PLAIN.items()]
    votes = test["votes"]
    rows += [(f"FER+ majority (8 labels, {votes['pictures']:,} pictures)",
              percent(votes, "majority_accuracy"),
              percent(votes["without_twins"], "majority_accuracy")),
             ("... macro F1", percent(votes, "macro_f1"), ""),
             ("... calibration error", f"{votes['calibration_error']:.3f}", "")]
    table(*rows)
    table(("label", "recall", "precision"),
          *((label, f"{100 * f['recall']:.1f}%", f"{100 * f['precision']:.1f}%")
            for label, f in test["labels"].items()))


def print_views(test):
    views = {"as they are": test, "mean with the mirror image": test["augmented"]["flip"],
             "mean of ten views": test["augmented"]["crops"]}
    table(("test-time augmentation, told apart", "accuracy (7 labels)", "without twins",
           "FER+ majority"),
          *((name, percent(f, "accuracy"), f"{100 * f['without_twins']['accuracy']:.1f}%",
             percent(f["votes"], "majority_accuracy")) for name, f in views.items()))


def rule(figures, at):
    accuracy = "none" if at["accuracy"] is None else f"{100 * at['accuracy']:.1f}%"
    own = " (its own rule)" if at is figures.get("uncertain_rule") else ""
    return f"{100 * at['threshold']:.0f}%{own}", f"{100 * at['coverage']:.1f}%", accuracy


def print_coverage(name, figures):
    points = figures["coverage"] + [figures[k] for k in ("uncertain_rule",) if k in figures]
    table((f"{name}: uncertain below", "certain answers", "right of these"),
          *(rule(figures, at) for at in sorted(points, key=lambda at: at["threshold"])))


def print_worse(test):
    points = {(kind, at["level"]): at["accuracy"]
              for kind, levels in test["robustness"].items() for at in levels}
    table(("pictures made worse", "level", "accuracy (7 labels)"),
          *((kind, f"{level:g}", f"{100 * points[kind, level]:.1f}%") for kind, level in WORSE))


def print_card(options, model):
    """Everything about one model."""
    chosen = evaluate(options.mien, model, options.folder, options.split, "--part", "validation")
    test = evaluate(options.mien, model, options.folder, options.split, "--augment", "--robustness")
    print(f"# {model}, split {options.split}, sha256 {test['model']['sha256']}")
    print_figures(test)
    print(f"\nOn the validation part, which chose it: {percent(chosen, 'accuracy')}, FER+ majority "
          f"{percent(chosen['votes'], 'majority_accuracy')}.")
    print_views(test)
    print_coverage("FER2013's labels", test)
    print_coverage("votes", test["votes"])
    print_worse(test)


def headline(options, model):
    """The figures of one of several seeds, by their names."""
    figures = {}
    for name, part in PARTS.items():
        told = evaluate(options.mien, model, options.folder, options.split, "--part", part)
        figures[name] = told["accuracy"]
        if part == "test":
            figures[name + " without twins"] = told["without_twins"]["accuracy"]
            figures[name + ", macro F1"] = told["macro_f1"]
        figures[name + ", FER+ majority"] = told["votes"]["majority_accuracy"]
    return figures


def print_seeds(options):
    each = [headline(options, model) for model in options.models]
    names = [os.path.splitext(os.path.basename(model))[0] for model in options.models]
    rows = [("", f"mean of {len(each)}", "standard deviation", *names)]
    for figure in each[0]:
        values = [100 * figures[figure] for figures in each]
        rows.append((figure, f"{statistics.mean(values):.1f}%", f"{statistics.stdev(values):.1f}",
                     *(f"{value:.1f}%" for value in values)))
    table(*rows)


def main():
    parser = argparse.ArgumentParser(description="Print the tables of a model's card.")
    parser.add_argument("mien")
    parser.add_argument("folder", metavar="FER2013")
    parser.add_argument("models", metavar="MODEL", nargs="+")
    parser.add_argument("--split", default="official")
    options = parser.parse_args()
    if len(options.models) == 1:
        print_card(options, options.models[0])
    else:
        print_seeds(options)


main()
