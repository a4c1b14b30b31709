#!/usr/bin/env python3
# not_a_face.py - how often a model that learned FER+'s votes says "not a face": of FER2013's blank
# pictures and of others, those that it was trained on left out; and, where FACES is given, of what the
# detector takes for a face in scenes without one, and of marked faces that it finds.
# SPDX-License-Identifier: MIT
#
#   bench/not_a_face.py MODEL fer2013.csv[.zst] [FACES]   MIEN: the program, default build/apps/cli/mien
#
# FACES has neg/ (scenes without a face), boxes.csv (file,x,y,w,h) and split.csv (file,split).
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

MIEN = os.environ.get("MIEN", pathlib.Path(__file__).parent.parent / "build/apps/cli/mien")
OTHERS = 10  # of so many other pictures one is asked about
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.6)  # of the detector; the last is the default
OVERLAP = 0.5  # of a marked face with what was found


def blank_rows(data, folder):
    """The rows that `mien audit` finds blank or nearly blank."""
    rows = folder / "rows.txt"
    subprocess.run([MIEN, "audit", data, "--list", rows, "--kinds", "blank"], check=True,
                   stdout=subprocess.DEVNULL)
    lines = (line.split("#")[0] for line in rows.read_text().splitlines())
    return {int(line) for line in lines if line.strip()}


def open_text(data):
    if data.endswith(".zst"):
        return subprocess.Popen(["zstd", "-dcq", data], stdout=subprocess.PIPE, text=True).stdout
    return open(data, encoding="ascii")


def write_pictures(data, blank, folder):
    """The pictures of PublicTest and PrivateTest to ask about, as folders blank and others."""
    for name in ("blank", "others"):
        (folder / name).mkdir()
    with open_text(data) as file:
        columns = [name.strip() for name in next(file).split(",")]
        for row, line in enumerate(file):
            cells = dict(zip(columns, line.strip().split(",")))
            kind = "blank" if row in blank else "others" if row % OTHERS == 0 else None
            if cells["Usage"] != "Training" and kind:
                picture = "P2\n48 48\n255\n" + cells["pixels"].strip('"').replace(" ", "\n") + "\n"
                (folder / kind / f"{row}.pgm").write_text(picture)


def recognize(model, *arguments):
    """What `mien recognize` says of each picture."""
    told = subprocess.run([MIEN, "recognize", "--model", model, "--json", *arguments], check=True,
                          capture_output=True, text=True).stdout
    return [json.loads(line) for line in told.splitlines()]


def tell(name, faces):
    refused = sum("not a face" in face["reasons"] for face in faces)
    share = f" ({100 * refused / len(faces):.1f}%)" if faces else ""
    print(f"{name:44} {refused:5} of {len(faces):5} are not a face{share}")


def overlap(a, b):
    """Intersection over union of two boxes x, y, w, h."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def marked_faces(model, folder):
    """What is found at the default threshold where the validation photographs have a marked face."""
    with open(folder / "split.csv", newline="") as file:
        names = {row["file"] for row in csv.DictReader(file) if row["split"] == "val"}
    marks = {}
    with open(folder / "boxes.csv", newline="") as file:
        for row in csv.DictReader(file):
            box = [float(row[key]) for key in "xywh"]
            marks.setdefault(str(folder / row["file"]), []).append(box)
    pictures = sorted(str(folder / name) for name in names if str(folder / name) in marks)
    return [face for picture in recognize(model, *pictures) for face in picture["faces"]
            if any(overlap([face["box"][key] for key in "xywh"], mark) >= OVERLAP
                   for mark in marks[picture["source"]])]


def tell_detector(model, folder):
    scenes = recognize(model, "--threshold", str(THRESHOLDS[0]), folder / "neg")
    false = [face for scene in scenes for face in scene["faces"]]
    for threshold in THRESHOLDS:
        tell(f"in {len(scenes)} scenes without a face, threshold {threshold}",
             [face for face in false if face["confidence"] >= threshold])
    tell("marked faces that are found", marked_faces(model, folder))


def main():
    model, data, *faces = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_pictures(data, blank_rows(data, folder), folder)
        for kind in ("blank", "others"):
            pictures = recognize(model, "--face", "whole", folder / kind)
            tell(f"FER2013, {kind}", [picture["faces"][0] for picture in pictures])
    if faces:
        tell_detector(model, pathlib.Path(faces[0]))


main()
