#!/usr/bin/python3
"""Prints the deck split of scikit-learn for several numbers of rows, as tests/test_split.c has it.

scikit-learn refuses to split a single row; there the one row is validation, as its rule has it.
SPDX-License-Identifier: MIT"""
import hashlib

import numpy as np
from sklearn.model_selection import train_test_split


def sha256(rows):
    return hashlib.sha256(np.asarray(rows, "<i4").tobytes()).hexdigest()


for count in (4, 5, 10, 101, 7178, 35887, 100000):
    train, rest = train_test_split(np.arange(count), test_size=0.2, random_state=121)
    test, validation = rest[:0], rest
    if len(rest) > 1:
        test, validation = train_test_split(rest, test_size=0.4, random_state=121)
    hashes = ",\n  ".join(f'"{sha256(rows)}"' for rows in (train, validation, test))
    print(f"{{{count}, {{{len(train)}, {len(validation)}, {len(test)}}},\n {{{hashes}}}}},")
