#!/usr/bin/env python3
# test_layers.py - the arrows between the folders point down only, as ARCHITECTURE.md says.
# SPDX-License-Identifier: MIT
import re

import tap
import tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
ROW = re.compile(r"^\| `(include/mien|src/\w+|apps/\w+)/` \|[^|]*\| *([^|]*?) *\|$", re.MULTILINE)


def read_table(text):
    """{folder: the folders that it may include}, from the table "The tree"."""
    direct, order = {}, []
    for folder, takes in ROW.findall(text):
        if takes == "all of the above":
            direct[folder] = list(order)
        else:
            names = [name.strip() for name in takes.split(",") if name.strip()]
            direct[folder] = [f"src/{name}" for name in names if name != "libc"]
        order.append(folder)
    allowed = {}
    for folder in order:  # what a part may take, it may take through another part, too
        allowed[folder] = {folder, "include/mien"}
        for lower in direct[folder]:
            assert lower in allowed, f"{folder} takes {lower}, which no row above it describes"
            allowed[folder] |= allowed[lower]
    allowed["include/mien"] = {"include/mien"}
    return allowed


TABLE = read_table((tree.ROOT / "ARCHITECTURE.md").read_text())


def layer(path):
    """The folder of the table that `path` lies in, or None."""
    for folder in TABLE:
        if str(path).startswith(folder + "/"):
            return folder
    return None


def target(path, name):
    """The file that `#include "name"` in `path` means, below ROOT; None if it is made by the
    build or is nowhere."""
    for place in (path.parent, "src", "include", "."):
        candidate = tree.ROOT / place / name
        if candidate.is_file():
            return candidate.resolve().relative_to(tree.ROOT)
    return None


def wrong_arrows(path, text):
    for name in INCLUDE.findall(text):
        lower = target(path, name)
        if lower is None:
            yield f'{path}: "{name}" is no file of the project; write <{name}> for a library\'s'
        elif layer(lower) not in TABLE[layer(path)]:
            yield f"{path}: includes {lower}, but {layer(path)} may not take {layer(lower)}"


def sources():
    return [p for p in tree.files() if p.suffix in (".c", ".h", ".cpp", ".S") and p.parts[0] in
            ("include", "src", "apps")]


def every_include_points_down():
    wrong = []
    for path in sources():
        if layer(path) is None:
            wrong.append(f"{path}: its folder is not in the table of ARCHITECTURE.md")
        else:
            wrong += wrong_arrows(path, (tree.ROOT / path).read_text())
    assert not wrong, "\n".join(wrong)


def an_arrow_that_points_up_is_found():
    base = next(p for p in sources() if str(p) == "src/base/text.c")
    assert not list(wrong_arrows(base, '#include "base/memory.h"\n#include "mien/error.h"\n'))
    assert len(list(wrong_arrows(base, '#include "image/image.h"\n'))) == 1
    assert len(list(wrong_arrows(base, ' # include "nowhere.h"\n'))) == 1
    header = next(p for p in sources() if str(p) == "include/mien/error.h")
    assert len(list(wrong_arrows(header, '#include "base/error.h"\n'))) == 1


def every_folder_of_the_source_is_in_the_table():
    assert len(TABLE) > 5, "the table of ARCHITECTURE.md was not understood"
    missing = [f"src/{p.name}" for p in sorted((tree.ROOT / "src").iterdir())
               if p.is_dir() and f"src/{p.name}" not in TABLE]
    assert not missing, f"not in the table: {', '.join(missing)}"


def only_the_folder_onednn_calls_onednn():
    """So that a second version of its interface is one file."""
    wrong = [str(p) for p in sources() if "src/network/onednn" not in str(p)
             and re.search(r'#\s*include\s*[<"](oneapi/dnnl/)?dnnl', (tree.ROOT / p).read_text())]
    assert not wrong, "\n".join(wrong)


tap.run(
    every_include_points_down,
    an_arrow_that_points_up_is_found,
    every_folder_of_the_source_is_in_the_table,
    only_the_folder_onednn_calls_onednn,
)
