# tap.py - run the functions of a test program and print their results as TAP.
# SPDX-License-Identifier: MIT
import traceback


class Skip(Exception):
    """Raised by a test that cannot run here; its text says why."""


def run(*tests):
    """Each test is a function; it fails by AssertionError. Its name is the sentence."""
    failures = 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {test.__name__}")
        except Skip as reason:
            print(f"ok {number} - {test.__name__} # SKIP {reason}")
        except Exception as problem:
            failures += 1
            print(f"not ok {number} - {test.__name__}")
            text = str(problem) if isinstance(problem, AssertionError) else traceback.format_exc()
            for line in text.splitlines():
                print(f"# {line}")
    raise SystemExit(1 if failures else 0)
