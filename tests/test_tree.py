#!/usr/bin/env python3
# test_tree.py - what holds for every file: licence, name, size; public headers compile alone.
# SPDX-License-Identifier: MIT
import os
import re
import shutil
import subprocess
import tempfile

import tap
import tree

LICENCE = "SPDX-License-Identifier: MIT"
SOURCES = (".c", ".h", ".cpp", ".S", ".py", ".sh", ".bash", ".bats")
MANY_OF_A_NAME = ("meson.build", "README.md")
LARGEST_BYTES = 10_000_000


def is_source(path):
    if path.suffix in SOURCES:
        return True
    return not path.suffix and (tree.ROOT / path).read_bytes()[:2] == b"#!"


def says_its_purpose(path, first):
    """C files give their name with it; in Python a docstring will do."""
    if path.suffix in (".c", ".h", ".S", ".cpp"):
        return f"{path.name} - " in first
    return first.startswith(("# ", '"""'))


def every_source_says_its_purpose_and_licence():
    wrong = []
    for path in filter(is_source, tree.files()):
        lines = (tree.ROOT / path).read_text().splitlines()
        first = lines[1] if lines and lines[0].startswith("#!") else "".join(lines[:1])
        if not says_its_purpose(path, first):
            wrong.append(f'{path}: starts with no line "{path.name} - what it is for"')
        if not any(LICENCE in line for line in lines[:40]):
            wrong.append(f"{path}: no line {LICENCE}")
    assert not wrong, "\n".join(wrong)


def every_file_name_is_unique():
    """Public headers apart: users know them by "mien/"."""
    seen, wrong = {}, []
    for path in tree.files():
        if path.name in MANY_OF_A_NAME or path.parts[0] == "include":
            continue
        if path.name in seen:
            wrong.append(f"{path}: the same name as {seen[path.name]}")
        seen[path.name] = path
    assert not wrong, "\n".join(wrong)


def no_file_is_larger_than_10_megabytes():
    wrong = [str(p) for p in tree.files() if (tree.ROOT / p).stat().st_size > LARGEST_BYTES]
    assert not wrong, ", ".join(wrong)


def no_line_has_trailing_space_or_tab_indentation():
    wrong = []
    for path in filter(is_source, tree.files()):
        for number, line in enumerate((tree.ROOT / path).read_text().splitlines(), 1):
            if line != line.rstrip() or line.startswith("\t"):
                wrong.append(f"{path}:{number}: space at the end, or a tab at the start")
    assert not wrong, "\n".join(wrong[:20])


def compile_headers(suffix, command):
    compiler = shutil.which(command[0])
    if not compiler:
        raise tap.Skip(f"{command[0]} is not here")
    for header in sorted((tree.ROOT / "include/mien").glob("*.h")):
        with tempfile.NamedTemporaryFile("w", suffix=suffix) as source:
            source.write(f"#include <mien/{header.name}>\n#include <mien/{header.name}>\n")
            source.flush()
            result = subprocess.run(
                [compiler, *command[1:], "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                 "-fsyntax-only", "-I", tree.ROOT / "include", source.name],
                capture_output=True, text=True)
        assert result.returncode == 0, result.stderr


def every_public_header_compiles_alone_in_c():
    compile_headers(".c", [os.environ.get("CC", "cc"), "-std=c99"])


def every_public_header_compiles_alone_in_cpp():
    compile_headers(".cpp", [os.environ.get("CXX", "c++"), "-std=c++11"])


def every_library_of_the_build_is_in_the_list_of_packages():
    listed = (tree.ROOT / "scripts/packages.txt").read_text()
    wrong = []
    for path in tree.files():
        if path.name != "meson.build":
            continue
        for name in re.findall(r"dependency\('([\w.+-]+)'", (tree.ROOT / path).read_text()):
            if name not in ("threads", "openmp") and not re.search(rf"^\S+ +{re.escape(name)} ",
                                                                   listed, re.MULTILINE):
                wrong.append(f"{path}: {name} has no line in scripts/packages.txt")
    assert not wrong, "\n".join(wrong)


tap.run(
    every_source_says_its_purpose_and_licence,
    every_file_name_is_unique,
    no_file_is_larger_than_10_megabytes,
    no_line_has_trailing_space_or_tab_indentation,
    every_public_header_compiles_alone_in_c,
    every_public_header_compiles_alone_in_cpp,
    every_library_of_the_build_is_in_the_list_of_packages,
)
