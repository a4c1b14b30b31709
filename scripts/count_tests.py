#!/usr/bin/env python3
# count_tests.py - count the single test cases of the last `meson test` over all programs.
# SPDX-License-Identifier: MIT
"""Usage: count_tests.py BUILD

Reads the TAP that every program printed, names what failed and what was skipped and why, and ends
with the line "N passed, N failed, N skipped". The exit status is 1 if anything failed. A program
that crashed, hung or printed fewer results than it announced counts as failed for each of them."""
import json
import pathlib
import re
import sys

RESULT = re.compile(r"^(not )?ok\b *(\d*) *(?:- )?([^#]*?) *(?:# *(SKIP|TODO)\b *(.*))?$",
                    re.IGNORECASE)
PLAN = re.compile(r"^1\.\.(\d+)")
FINE = ("OK", "EXPECTEDFAIL", "SKIP")


def read_cases(log):
    """[(passed, failed or skipped, name, reason)] and the announced number, or None."""
    cases, plan = [], None
    reasons = re.findall(r"^SKIPPED: (.*)$", log.get("stderr", ""), re.MULTILINE)
    for line in log.get("stdout", "").splitlines():
        result = RESULT.match(line)
        if PLAN.match(line):
            plan = int(PLAN.match(line).group(1))
        elif result:
            failed, _, name, directive, reason = result.groups()
            if directive:  # cmocka says "not ok 1 # SKIP name", and why on stderr
                if not name:
                    name, reason = reason, reasons.pop(0) if reasons else ""
                cases.append(("skipped", name, reason))
            else:
                cases.append(("failed" if failed else "passed", name, ""))
    return cases, plan


def count_program(log):
    """The cases of one program, one more for what its exit says beyond them."""
    cases, plan = read_cases(log)
    name, outcome = log["name"], log["result"]
    if outcome == "SKIP" and not cases:
        cases.append(("skipped", "all", "the program skipped itself"))
    if outcome == "OK" and not cases and not plan:
        cases.append(("failed", "(no result)", "it printed no case"))
    lost = (plan or 0) - len(cases)
    cases += [("failed", "(no result)", outcome.lower())] * max(lost, 0)
    if outcome not in FINE and not any(kind == "failed" for kind, _, _ in cases):
        cases.append(("failed", "(the program)", f"{outcome.lower()}, status {log['returncode']}"))
    return [(kind, f"{name}: {case}", reason) for kind, case, reason in cases]


def main(build):
    path = pathlib.Path(build) / "meson-logs" / "testlog.json"
    if not path.exists():
        print("0 passed, 0 failed, 0 skipped: no test was run")
        return 1
    logs = [json.loads(line) for line in path.read_text().splitlines()]
    cases = [case for log in logs for case in count_program(log)]
    for kind in ("skipped", "failed"):
        for case in cases:
            if case[0] == kind:
                print(f"{kind}: {case[1]}" + (f" ({case[2]})" if case[2] else ""))
    passed, failed, skipped = (sum(case[0] == kind for case in cases)
                               for kind in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: count_tests.py BUILD")
    sys.exit(main(sys.argv[1]))
