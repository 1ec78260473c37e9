"""What is true of a made-up shop: what a pipeline must find when broken rows are set aside and corrections have come.

Definitions are the lake's own (valid order, purchase, late, latest review). Money is exact, as the text of a decimal.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Fate = Literal["rejected", "quarantined", "pending", "superseded", "published"]
"""What must become of a broken row. An odd one is published, and the reason says as what."""


@dataclass(frozen=True)
class Totals:
    orders: int
    valid_orders: int
    lines: int
    """Rows of the items file that count, of valid orders or not."""
    payments_rows: int
    reviews: int
    products: int
    sellers: int
    zips: int
    """Zip prefixes with a point."""
    people: int
    """People who ever ordered, valid or not."""
    buyers: int
    """People with a valid order."""
    buyers_on_several_days: int
    buyers_with_several_orders: int
    repeat_purchase_rate: float
    """buyers_on_several_days / buyers."""
    delivered_orders: int
    late_orders: int
    net_sales: str
    """Of valid orders, as are freight and payments."""
    freight: str
    payments: str


@dataclass(frozen=True)
class MonthTruth:
    month: str
    orders: int
    valid_orders: int
    net_sales: str
    freight: str
    payments: str
    delivered_orders: int
    late_orders: int


@dataclass(frozen=True)
class Difference:
    """Valid orders whose payments differ from price and freight for one cause, and by how much together."""

    orders: int
    amount: str


@dataclass(frozen=True)
class Bundle:
    products: tuple[str, ...]
    categories: tuple[str, ...]
    rate: float
    """Share of the orders that were made to be this bundle."""
    valid_orders: int
    """Valid orders that hold all of its products."""


@dataclass(frozen=True)
class Lateness:
    """What was planted, and what it came to by chance."""

    score_drop: float
    return_drop: float
    score_on_time: float
    """Mean score of the latest review of the orders delivered on time; below, of the late ones."""
    score_late: float
    reviewed_on_time: int
    reviewed_late: int
    first_on_time: int
    """Buyers whose first valid order came on time; below, how many of them bought on another day."""
    first_on_time_came_back: int
    first_late: int
    first_late_came_back: int


@dataclass(frozen=True)
class FileTruth:
    """Where the records of a file go; those not counted here are published, or collapsed into what is."""

    records: int
    rejected: int
    quarantined: int
    pending: int
    superseded: int


@dataclass(frozen=True)
class Broken:
    file: str
    kind: str
    count: int
    fate: Fate
    why: str


@dataclass(frozen=True)
class Correction:
    order_id: str
    kind: str
    column: str
    was: str
    becomes: str
    delivered_with: str
    mended_with: str


@dataclass(frozen=True)
class Corrections:
    counts: dict[str, int]
    """By kind."""
    listed: tuple[Correction, ...]
    """The first of them; all of them in a small shop."""


@dataclass(frozen=True)
class SalesTruth:
    """What valid orders came to: all of them, those of a month, or the lines of a brand, a category, a channel, a state."""

    units: int
    gross_sales: str
    discounts: str
    net_sales: str
    cogs: str
    """Of the lines whose cost is known; below, their net sales."""
    costed_sales: str
    returned_units: int
    returned_sales: str
    returned_orders: int
    """Orders with a unit that came back; below, those that were delivered or returned, and their units."""
    returnable_orders: int
    returnable_units: int


@dataclass(frozen=True)
class PeopleTruth:
    """People who are alike in one respect."""

    people: int
    """With a record, whether their orders are valid or not."""
    customers: int
    """With a valid order."""
    orders: int
    """Valid ones."""
    net_sales: str


@dataclass(frozen=True)
class Registrations:
    """Customers whose day of registration is known, by the days from it to their first valid order."""

    before: int
    """On the day of their first order or earlier; below, their days together."""
    delay_days: int
    after: int
    """The anomaly: registered after their first order; below, their days together, as a negative number."""
    anomaly_days: int


@dataclass(frozen=True)
class FullTruths:
    totals: SalesTruth
    months: dict[str, SalesTruth]
    sold: dict[str, dict[str, SalesTruth]]
    """By brand, category, channel and state, then by member; what nobody knows is the empty text. An order counts as returned,
    or returnable, with each member that it holds."""
    people: dict[str, dict[str, PeopleTruth]]
    """By age, gender, is_subscriber and source_segment, then by what the export says."""
    registrations: Registrations


@dataclass(frozen=True)
class Truths:
    options: dict[str, Any]
    totals: Totals
    months: tuple[MonthTruth, ...]
    statuses: dict[str, int]
    payment_differences: dict[str, Difference]
    bundles: tuple[Bundle, ...]
    lateness: Lateness
    files: dict[str, FileTruth]
    broken: tuple[Broken, ...]
    corrections: Corrections
    full: FullTruths | None = None
    """Of a full shop; no other shop's truths speak of it."""

    def write(self, path: Path) -> None:
        said = {name: value for name, value in asdict(self).items() if name != "full" or value}
        path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Truths:
        said = json.loads(path.read_text(encoding="utf-8"))
        corrections = said["corrections"]
        return cls(
            options=said["options"],
            totals=Totals(**said["totals"]),
            months=tuple(MonthTruth(**month) for month in said["months"]),
            statuses=said["statuses"],
            payment_differences={cause: Difference(**found) for cause, found in said["payment_differences"].items()},
            bundles=tuple(Bundle(**{name: _frozen(value) for name, value in one.items()}) for one in said["bundles"]),
            lateness=Lateness(**said["lateness"]),
            files={file: FileTruth(**rows) for file, rows in said["files"].items()},
            broken=tuple(Broken(**kind) for kind in said["broken"]),
            corrections=Corrections(corrections["counts"], tuple(Correction(**one) for one in corrections["listed"])),
            full=_full(said["full"]) if "full" in said else None,
        )


def _full(said: dict[str, Any]) -> FullTruths:
    return FullTruths(
        totals=SalesTruth(**said["totals"]),
        months={month: SalesTruth(**found) for month, found in said["months"].items()},
        sold={by: {name: SalesTruth(**found) for name, found in members.items()} for by, members in said["sold"].items()},
        people={by: {name: PeopleTruth(**found) for name, found in members.items()} for by, members in said["people"].items()},
        registrations=Registrations(**said["registrations"]),
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def decimal(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
