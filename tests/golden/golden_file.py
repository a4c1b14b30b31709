"""Golden files: the numbers that both sides compute, and the text format that both sides read.

README.md describes the format; random_uniform() is src/base/random.h's, bit for bit.
SPDX-License-Identifier: MIT"""
import numpy as np

PURPOSE_INPUT = 1000  # purposes below are parameter numbers
PURPOSE_LABELS = 1001
PURPOSE_TARGETS = 1002
PURPOSE_SAMPLES = 2000  # + parameter number
PURPOSE_UPSTREAM = 3000


def random_mix(x):
    x = np.asarray(x, np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def random_bits(key, counter):
    with np.errstate(over="ignore"):  # arithmetic is modulo 2^64
        step = (np.asarray(counter, np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        return random_mix(random_mix(key) + step)


def random_key(seed, purpose):
    return random_bits(seed, purpose)


def random_top24(seed, purpose, count):
    """The top 24 bits of the first `count` numbers of the stream (seed, purpose)."""
    return random_bits(random_key(seed, purpose), np.arange(count)) >> np.uint64(40)


def random_uniform(seed, purpose, count):
    """Uniform in [0, 1), float32."""
    return random_top24(seed, purpose, count).astype(np.float32) * np.float32(2.0**-24)


def fill_random(seed, dims, purpose, centre, limit):
    """centre + (2u - 1) * limit, each operation rounded to float32."""
    u = random_uniform(seed, purpose, int(np.prod(dims)))
    values = np.float32(centre) + (np.float32(2) * u - np.float32(1)) * np.float32(limit)
    return values.reshape(dims)


def fill_integers(seed, dims, purpose, levels):
    """floor(levels * u) in integers, so that no rounding is involved."""
    bits = random_top24(seed, purpose, int(np.prod(dims)))
    return ((bits * np.uint64(levels)) >> np.uint64(24)).astype(np.int64).reshape(dims)


def dropout_mask(layer, N, H, W, C, rate, together):
    """What layer number `layer` multiplies (N, H, W, C) by in a step of key 0: 0 or 1 / (1 - rate).
    The rules of src/network/layers/dropout.c: MurmurHash3's finalizer of an element's number, whose
    low and high half decide over elements i and i + 16 of each 32."""
    u32 = np.uint32
    keys = random_bits(random_key(0, layer), np.arange(N)).astype(u32)[:, None]
    count = {"spatial": C, "path": 1}.get(together, H * W * C)
    i = np.arange(count)
    paired = i < count // 32 * 32
    h = np.where(paired, i // 32 * 16 + i % 16, i).astype(u32) * u32(0xCC9E2D51) ^ keys
    h = (h ^ (h >> u32(16))) * u32(0x85EBCA6B)
    h = (h ^ (h >> u32(13))) * u32(0xC2B2AE35)
    h ^= h >> u32(16)
    draw = np.where(paired & (i % 32 < 16), h & u32(0xFFFF), h >> u32(16))
    mask = (draw >= int(rate * 65536 + 0.5)) / (1 - rate)
    return np.broadcast_to(mask.reshape(N, 1, 1, -1) if together else mask.reshape(N, H, W, C),
                           (N, H, W, C))


def sample_indices(seed, number, count, samples=8):
    """Which elements of parameter `number`, which has `count`, are stored."""
    bits = random_bits(random_key(seed, PURPOSE_SAMPLES + number), np.arange(samples))
    return (bits % np.uint64(count)).astype(np.int64)


class Writer:
    """Writes one golden file; what it describes by formula it also returns as an array."""

    def __init__(self, path, purpose):
        self.file = open(path, "w", encoding="ascii", newline="\n")
        self.file.write(f"# {purpose}\n# Format: README.md. Made by a program; do not edit.\n")

    def close(self):
        self.file.close()

    def case(self, name, seed, text=""):
        self.seed = seed
        self.file.write(f"\ncase {name} {seed}\n")
        for line in text.splitlines():
            self.file.write(f"text {line}\n")

    def end(self):
        self.file.write("end\n")

    def _head(self, keyword, name, dims):
        sizes = " ".join(str(size) for size in dims)
        self.file.write(f"{keyword} {name} {len(dims)} {sizes}")

    def random(self, name, dims, purpose, centre, limit):
        values = fill_random(self.seed, dims, purpose, centre, limit)
        self._head("random", name, dims)
        self.file.write(f" {purpose} {np.float32(centre):.9g} {np.float32(limit):.9g}\n")
        return values

    def integers(self, name, dims, purpose, levels):
        self._head("integers", name, dims)
        self.file.write(f" {purpose} {levels}\n")
        return fill_integers(self.seed, dims, purpose, levels)

    def tensor(self, name, values):
        values = np.atleast_1d(np.asarray(values, np.float64))
        if not np.isfinite(values).all():
            raise ValueError(f"{name} is not finite")
        self._head("tensor", name, values.shape)
        flat = values.ravel()
        for i in range(0, flat.size, 8):
            self.file.write("\n" + " ".join(f"{value:.9g}" for value in flat[i : i + 8]))
        self.file.write("\n")


class Case:
    """One case of a file: its name, its seed, its text and its arrays by name."""

    def __init__(self, name, seed):
        self.name, self.seed, self.text, self.arrays = name, seed, "", {}

    def __getitem__(self, name):
        return self.arrays[name]

    def __contains__(self, name):
        return name in self.arrays


def read(path):
    """All cases of a golden file, formulas evaluated."""
    cases = []
    with open(path, encoding="ascii") as file:
        lines = iter(file.read().splitlines())
    for line in lines:
        words = line.split()
        if not words or words[0] in ("#", "end"):
            continue
        if words[0] == "case":
            cases.append(Case(words[1], int(words[2])))
            continue
        case = cases[-1]
        if words[0] == "text":
            case.text += line[len("text ") :] + "\n"
            continue
        rank = int(words[2])
        dims, rest = [int(word) for word in words[3 : 3 + rank]], words[3 + rank :]
        if words[0] == "random":
            values = fill_random(case.seed, dims, int(rest[0]), float(rest[1]), float(rest[2]))
        elif words[0] == "integers":
            values = fill_integers(case.seed, dims, int(rest[0]), int(rest[1]))
        elif words[0] == "tensor":
            flat = []
            while len(flat) < np.prod(dims):
                flat += [float(word) for word in next(lines).split()]
            values = np.array(flat).reshape(dims)
        else:
            raise ValueError(f"{path}: unknown keyword {words[0]!r}")
        case.arrays[words[1]] = values
    return cases
