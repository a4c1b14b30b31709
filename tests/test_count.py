#!/usr/bin/env python3
# test_count.py - the count of test cases misses no failure, whatever a program does.
# SPDX-License-Identifier: MIT
import json
import pathlib
import subprocess
import tempfile

import tap
import tree


def count(*logs):
    """The lines that count_tests.py prints, and its exit status."""
    with tempfile.TemporaryDirectory() as build:
        folder = pathlib.Path(build) / "meson-logs"
        folder.mkdir()
        lines = [json.dumps({"name": "x", "result": "OK", "returncode": 0, **log}) for log in logs]
        if logs:
            (folder / "testlog.json").write_text("\n".join(lines) + "\n")
        run = subprocess.run([tree.ROOT / "scripts/count_tests.py", build], capture_output=True,
                             text=True)
    return run.stdout.splitlines(), run.returncode


def single_cases_of_all_programs_are_summed():
    lines, status = count({"stdout": "1..2\nok 1 - a\nok 2 - b\n"}, {"stdout": "1..1\nok 1 c d\n"})
    assert (lines, status) == (["3 passed, 0 failed, 0 skipped"], 0), lines


def a_program_that_says_nothing_has_failed():
    lines, status = count({"stdout": ""}, {"stdout": "1..1\nok 1 - a\n"})
    assert (lines[-1], status) == ("1 passed, 1 failed, 0 skipped", 1), lines
    lines, status = count({"stdout": "1..0\n"})
    assert (lines[-1], status) == ("0 passed, 1 failed, 0 skipped", 1), lines


def a_failed_case_is_named():
    lines, status = count({"stdout": "1..2\nnot ok 1 - a\n# why\nok 2 - b\n", "result": "FAIL"})
    assert (lines, status) == (["failed: x: a", "1 passed, 1 failed, 0 skipped"], 1), lines


def a_skipped_case_says_why():
    lines, status = count(
        {"stdout": "1..2\nnot ok 1 # SKIP a\nok 2 - b\n", "stderr": "SKIPPED: no data\n"},
        {"stdout": "1..1\nok 1 c # skip no disk\n"})
    assert lines == ["skipped: x: a (no data)", "skipped: x: c (no disk)",
                     "1 passed, 0 failed, 2 skipped"], lines
    assert status == 0


def results_that_a_crash_swallowed_are_failures():
    lines, status = count({"stdout": "1..3\nok 1 - a\n", "result": "ERROR", "returncode": -11})
    assert (lines[-1], status) == ("1 passed, 2 failed, 0 skipped", 1), lines


def a_program_that_fails_without_a_failed_case_counts_as_one():
    for result in ("ERROR", "FAIL", "TIMEOUT", "INTERRUPT"):
        lines, status = count({"stdout": "1..1\nok 1 - a\n", "result": result, "returncode": 1})
        assert (lines[-1], status) == ("1 passed, 1 failed, 0 skipped", 1), lines
        lines, status = count({"stdout": "", "result": result, "returncode": 1})
        assert (lines[-1], status) == ("0 passed, 1 failed, 0 skipped", 1), lines


def no_test_at_all_is_no_success():
    lines, status = count()
    assert status == 1 and lines[-1].startswith("0 passed, 0 failed"), lines


tap.run(
    single_cases_of_all_programs_are_summed,
    a_program_that_says_nothing_has_failed,
    a_failed_case_is_named,
    a_skipped_case_says_why,
    results_that_a_crash_swallowed_are_failures,
    a_program_that_fails_without_a_failed_case_counts_as_one,
    no_test_at_all_is_no_success,
)
