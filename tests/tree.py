# tree.py - the files of the project, for the tests that read the source.
# SPDX-License-Identifier: MIT
import os
import pathlib

ROOT = pathlib.Path(os.environ.get("MIEN_SOURCE", pathlib.Path(__file__).parent.parent)).resolve()
IGNORED = ("build", "runs", "demo", "__pycache__", ".git", ".cache")


def ignored(name):
    return name in IGNORED or name.startswith("build-")


def files():
    """Every file that could be committed, as paths below ROOT, in order."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if not ignored(name))
        for name in sorted(names):
            yield (pathlib.Path(folder) / name).relative_to(ROOT)
