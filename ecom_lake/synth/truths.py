"""The truths of a synthetic shop: the results that a pipeline must find without the broken rows and with all corrections.

The definitions are those of the lake (valid order, purchase, late, latest review). Money is exact, as the text of a decimal.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Fate = Literal["rejected", "quarantined", "pending", "superseded", "published"]
"""The expected fate of a broken row. An oddity is published."""


@dataclass(frozen=True)
class Totals:
    orders: int
    valid_orders: int
    lines: int
    """Good rows of the items file, of valid orders or not."""
    payments_rows: int
    reviews: int
    products: int
    sellers: int
    zips: int
    """Zip prefixes with at least one point."""
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
    """Of valid orders, like freight and payments."""
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
    """Valid orders whose payments differ from price plus freight for one cause, and the total difference."""

    orders: int
    amount: str


@dataclass(frozen=True)
class Bundle:
    products: tuple[str, ...]
    categories: tuple[str, ...]
    rate: float
    """Planted share of the orders with this bundle."""
    valid_orders: int
    """Valid orders that contain all of its products."""


@dataclass(frozen=True)
class Lateness:
    """The planted effects of lateness, and the realized ones."""

    score_drop: float
    return_drop: float
    score_on_time: float
    """Mean score of the latest review of orders delivered on time; score_late is that of late orders."""
    score_late: float
    reviewed_on_time: int
    reviewed_late: int
    first_on_time: int
    """Customers whose first valid order was on time; the next field counts those who ordered on another day."""
    first_on_time_came_back: int
    first_late: int
    first_late_came_back: int


@dataclass(frozen=True)
class FileTruth:
    """The fates of the records of a file; all other records are published or collapsed."""

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
    corrected_with: str


@dataclass(frozen=True)
class Corrections:
    counts: dict[str, int]
    """Number by kind."""
    listed: tuple[Correction, ...]
    """The first corrections; all of them in a small shop."""


@dataclass(frozen=True)
class SalesTruth:
    """Sales of valid orders: in total, of a month, or of a brand, category, channel or state."""

    units: int
    gross_sales: str
    discounts: str
    net_sales: str
    cogs: str
    """Of the lines with a known cost; costed_sales are their net sales."""
    costed_sales: str
    tax: str
    """Where it is stated."""
    discounted_orders: int
    """Orders with a line that has a discount, or for which the source states that it has one."""
    returned_units: int
    returned_sales: str
    returned_orders: int
    """Orders with a returned unit; returnable ones were delivered or returned."""
    returnable_orders: int
    returnable_units: int


@dataclass(frozen=True)
class PeopleTruth:
    """People with the same value of an attribute."""

    people: int
    """People with a record, with valid orders or not."""
    customers: int
    """People with a valid order."""
    orders: int
    """Valid orders."""
    net_sales: str


@dataclass(frozen=True)
class Registrations:
    """Customers with a known registration date, by the days from it to their first valid order."""

    before: int
    """Registered on the day of their first order or earlier; delay_days is the sum of their days."""
    delay_days: int
    after: int
    """Registered after their first order (an anomaly); anomaly_days is the negative sum of their days."""
    anomaly_days: int


@dataclass(frozen=True)
class FullTruths:
    totals: SalesTruth
    months: dict[str, SalesTruth]
    sold: dict[str, dict[str, SalesTruth]]
    """By brand, category, channel and state, then by member; unknown is the empty text. An order counts as returned or
    returnable for each member that it contains."""
    people: dict[str, dict[str, PeopleTruth]]
    """By age, gender, is_subscriber and source_segment, then by the value in the export."""
    registrations: Registrations
    refunds: dict[str, str]
    """Of valid orders, by the month in which the money was given back."""
    pending_payments: dict[str, str]
    """Of valid orders, by the month of the order; likewise failed_payments."""
    failed_payments: dict[str, str]


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
    """Only for a full shop."""

    def write(self, path: Path) -> None:
        content = {name: value for name, value in asdict(self).items() if name != "full" or value}
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Truths:
        content = json.loads(path.read_text(encoding="utf-8"))
        corrections = content["corrections"]
        return cls(
            options=content["options"],
            totals=Totals(**content["totals"]),
            months=tuple(MonthTruth(**month) for month in content["months"]),
            statuses=content["statuses"],
            payment_differences={cause: Difference(**found) for cause, found in content["payment_differences"].items()},
            bundles=tuple(Bundle(**{name: _frozen(value) for name, value in one.items()}) for one in content["bundles"]),
            lateness=Lateness(**content["lateness"]),
            files={file: FileTruth(**rows) for file, rows in content["files"].items()},
            broken=tuple(Broken(**kind) for kind in content["broken"]),
            corrections=Corrections(corrections["counts"], tuple(Correction(**one) for one in corrections["listed"])),
            full=_full(content["full"]) if "full" in content else None,
        )


def _full(content: dict[str, Any]) -> FullTruths:
    return FullTruths(
        totals=SalesTruth(**content["totals"]),
        months={month: SalesTruth(**found) for month, found in content["months"].items()},
        sold={by: {name: SalesTruth(**found) for name, found in members.items()} for by, members in content["sold"].items()},
        people={by: {name: PeopleTruth(**found) for name, found in members.items()} for by, members in content["people"].items()},
        registrations=Registrations(**content["registrations"]),
        refunds=content["refunds"],
        pending_payments=content["pending_payments"],
        failed_payments=content["failed_payments"],
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def decimal(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
