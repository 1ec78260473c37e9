"""A random share of customers or orders that a query can select by their ids: the same for every order of rows and every day.

A model is fitted and tested in the memory of one process, so that it reads a bounded number of rows, however large the shop is.
Not here: the samples for training, which are smaller (`people_sample`), and the lists, which are always complete.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_READ = 1_000_000
"""The most customers, or shipped orders, of which all are read. A shop with more of them is sampled."""
_ABOVE_EVERY_HASH = "g"
_DIGITS = 8


@dataclass(frozen=True)
class HashSample:
    """The ids whose hash is below a bound."""

    share: float
    """Of all ids; 1 for all of them."""

    @classmethod
    def of(cls, total: int, most: int) -> HashSample:
        """About `most` of so many ids; all of them if there are no more."""
        return cls(1.0 if total <= most else most / total)

    @property
    def is_all(self) -> bool:
        return self.share >= 1

    @property
    def below(self) -> str:
        """The bound: ids with a smaller md5 hash, written as hexadecimal digits, are in the sample."""
        return _ABOVE_EVERY_HASH if self.is_all else f"{int(self.share * 16**_DIGITS):0{_DIGITS}x}"

    @property
    def in_words(self) -> str:
        return "all" if self.is_all else f"a random {self.share:.1%} of all"


ALL = HashSample(1.0)
