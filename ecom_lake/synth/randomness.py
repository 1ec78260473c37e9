"""Reproducible randomness: every draw is a function of the seed and its purpose.

`stream` is a generator for one purpose and place (a month, a slice). `ids` and `chance` are functions of a number, so that
person 812,007 has the same id and address in every visit.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Floats, Ints, Words
from ecom_lake.synth.text import column

_HEX = np.array([list(f"{byte:02x}".encode()) for byte in range(256)], dtype=np.uint8)


def stream(seed: int, purpose: str, *place: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, crc32(purpose.encode()), *place]))


def chance(seed: int, purpose: str, numbers: Ints) -> Floats:
    """A share in [0, 1) for each number."""
    return np.ldexp((_words(seed, purpose, numbers) >> np.uint64(11)).astype(np.float64), -53)


def one_of(share: Floats, shares: tuple[float, ...]) -> Ints:
    """The index of the kind for each share in [0, 1); the shares of the kinds add up to 1."""
    return np.minimum(np.searchsorted(np.cumsum(shares), share, side="right"), len(shares) - 1)


def ids(seed: int, purpose: str, numbers: Ints) -> pl.Series:
    """A unique text of 32 hexadecimal digits for each number."""
    words = np.stack([_words(seed, purpose, numbers), _words(seed, f"{purpose}, second half", numbers)], axis=1)
    return column(_HEX[words.astype(">u8").view(np.uint8)].reshape(len(numbers), 32))


def _words(seed: int, purpose: str, numbers: Ints) -> Words:
    """SplitMix64: a bijective mix of start + number * step; the start depends on seed and purpose."""
    start: np.uint64 = np.random.SeedSequence([seed, crc32(purpose.encode())]).generate_state(1, np.uint64)[0]
    mixed: Words = start + numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed
