#!/usr/bin/env python3
# not_a_face.py - how many of FER2013's blank pictures a model that learned FER+'s votes takes for no
# face, and how many of the others. Pictures that it was trained on are left out.
# SPDX-License-Identifier: MIT
#
#   bench/not_a_face.py MODEL fer2013.csv[.zst]     MIEN: the program, default build/apps/cli/mien
import json
import os
import pathlib
import subprocess
import sys
import tempfile

MIEN = os.environ.get("MIEN", pathlib.Path(__file__).parent.parent / "build/apps/cli/mien")
OTHERS = 10  # of so many other pictures one is asked about


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


def refused(model, folder):
    told = subprocess.run([MIEN, "recognize", "--model", model, "--face", "whole", "--json", folder],
                          check=True, capture_output=True, text=True).stdout
    reasons = [json.loads(line)["faces"][0]["reasons"] for line in told.splitlines()]
    return sum("not a face" in each for each in reasons), len(reasons)


def main():
    model, data = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_pictures(data, blank_rows(data, folder), folder)
        for kind in ("blank", "others"):
            count, of = refused(model, folder / kind)
            print(f"{kind:8} {count:5} of {of:5} are not a face ({100 * count / of:.1f}%)")


main()
