"""The shapes of tiny shops, and a pairwise covering design: every two values of different dimensions occur together in a shape.

Here: the edge cases of a shop, and which shapes to build. Not here: the rows of a shape (export.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from random import Random
from typing import Any, Literal, get_args, get_type_hints

CANDIDATES = 30
"""The number of random shapes from which the design takes the one that covers the most pairs."""

Pair = tuple[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Shape:
    """One tiny shop; the fields are independent of each other."""

    orders: Literal["1", "2", "48"] = "1"
    customers: Literal["one", "each once", "each twice", "guests", "anonymous", "one and anonymous"] = "each once"
    """`guests`: no file of customers; `anonymous`: no order has a customer; `one and anonymous`: only the first has one."""
    dates: Literal["one second", "one day", "one month", "a year apart", "every 15 days", "undated"] = "one day"
    products: Literal["one", "many", "no lines", "no category"] = "one"
    sellers: Literal["none", "one", "many"] = "none"
    money: Literal["ordinary", "free", "maximum", "discounted to zero", "one cent"] = "ordinary"
    status: Literal["delivered", "late", "canceled", "returned", "on its way", "lines invalid", "mixed"] = "delivered"
    payments: Literal["paid", "pending", "no rows", "no file", "declared absent"] = "paid"
    refunds: Literal["whole", "no rows", "no file", "declared absent"] = "no file"
    reviews: Literal["best", "worst", "no rows", "no file", "declared absent"] = "best"
    profiles: Literal["full", "keys only"] = "full"
    """The columns that are filled in customers, products, sellers and the addresses of orders."""

    def __str__(self) -> str:
        return ", ".join(f"{name}: {value}" for name, value in asdict(self).items())


LEVELS: Mapping[str, tuple[str, ...]] = {name: get_args(hint) for name, hint in get_type_hints(Shape).items()}


def random_shape(random: Random) -> Shape:
    return _shape({name: random.choice(values) for name, values in LEVELS.items()})


def pairs_of(shape: Shape) -> set[Pair]:
    """All pairs of values of a shape, with their dimensions."""
    return set(combinations(asdict(shape).items(), 2))


def all_pairs() -> set[Pair]:
    named = ([(name, value) for value in values] for name, values in LEVELS.items())
    return {(one, other) for some, others in combinations(named, 2) for one in some for other in others}


def covering_design(seed: int) -> Iterator[Shape]:
    """Shapes that cover every pair: a greedy pairwise design, so the first few shapes cover the most."""
    random, uncovered = Random(seed), all_pairs()
    while uncovered:
        shape = max((_with_pair(random, random.choice(sorted(uncovered))) for _ in range(CANDIDATES)), key=_covers(uncovered))
        uncovered -= pairs_of(shape)
        yield shape


def _covers(uncovered: set[Pair]) -> Any:
    return lambda shape: len(pairs_of(shape) & uncovered)


def _with_pair(random: Random, pair: Pair) -> Shape:
    return _shape({**asdict(random_shape(random)), **dict(pair)})


def _shape(values: Mapping[str, str]) -> Shape:
    return Shape(**values)  # type: ignore[arg-type]
