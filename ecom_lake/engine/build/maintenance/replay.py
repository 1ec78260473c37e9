"""Replaying quarantine: check refused rows again after a rule or a connector was fixed, and rebuild what that changes.

Only months with a row that has another verdict now are rebuilt. The other months keep their files and the fingerprint of the
code that made them: the next build rebuilds these months with the new code, and keeps the files that have the same bytes.
So a fixed rule takes effect before the nightly build, at the cost of the affected months only.
Not here: the release (release.py), and new files in landing (ingest.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import delivered_rows
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.mapped.make_mapped import make_mapped, mapped_now
from ecom_lake.engine.build.release.offer import gold_recipes
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.dimensions import make_dimension, merge
from ecom_lake.engine.build.silver.months import make_months
from ecom_lake.engine.build.silver.order_index import UNPLACED, make_order_index
from ecom_lake.engine.build.silver.parts import looked_up
from ecom_lake.engine.build.silver.placement import judge_orders
from ecom_lake.engine.build.silver.settle import judge
from ecom_lake.engine.build.silver.specs import Spec, specs
from ecom_lake.engine.build.step.watched import Step
from ecom_lake.engine.config import named_month
from ecom_lake.engine.contracts.conform import BAD
from ecom_lake.engine.contracts.connector import ManyToOne, RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.entry import Entry

_VERDICTS = pl.Schema(
    {
        "source": pl.String(),
        "month": pl.Date(),
        "source_sequence": pl.Int64(),
        "source_record": pl.Int64(),
        "was": pl.String(),
        "now": pl.String(),
        "differs": pl.Boolean(),
    }
)


@dataclass(frozen=True)
class Verdict:
    """The result of checking the rows again that a rule had refused."""

    source: str
    """The delivered table."""
    was: str
    now: str | None
    """The rule that they fail now; None if they pass."""
    rows: int


@dataclass(frozen=True)
class ReplayPlan:
    """The effect of a fixed rule or connector on quarantine and on the silver tables."""

    verdicts: tuple[Verdict, ...]
    months: dict[str, frozenset[date]]
    """By monthly silver table: the months that must be rebuilt with the new code."""
    differs: bool
    """Whether any refused row has another verdict than before."""

    @property
    def all_months(self) -> list[date]:
        return sorted(frozenset[date]().union(*self.months.values()))


def quarantined(entry: Entry) -> int:
    """How many rows are in quarantine."""
    tables = (parts for table, parts in entry.tables.items() if table.layer == "quarantine")
    return sum(file.rows for parts in tables for file in parts.values())


def steps(site: Site, plan: ReplayPlan) -> Iterator[tuple[str, Step]]:
    """The steps of a replay in order. A replay can stop after any step, and the next one continues from there."""
    if site.map:
        yield "mapped", partial(make_mapped, site)
    yield "silver/order_index", partial(make_order_index, site)
    for table, spec in specs(site).items():
        if isinstance(spec, RowByRow) and spec.contract.monthly:
            yield f"silver/{table}", partial(make_months, site, spec, site.months(), plan.months[table])
        else:
            yield f"silver/{table}", partial(make_dimension, site, spec)
    for how in gold_recipes(site):
        yield f"gold/{how.table}", partial(make_gold, site, how.table)


def judge_again(site: Site, entry: Entry) -> ReplayPlan:
    """Check every row in quarantine as a build would now. Nothing is written."""
    refused = {delivered.name: _refused(site, entry, delivered.name) for delivered in site.connector.sources}
    by_source = {spec.source: spec for spec in specs(site).values()}
    orders = site.connector.orders
    unplaced, accepted = _orders_again(site, entry, refused[orders.source].pop(UNPLACED, _NOTHING))
    frames = [unplaced]
    for source, parts in refused.items():
        spec = by_source.get(source)
        for part, rows in parts.items():
            if spec is None:  # a lookup table: it has no contract whose rules could have changed
                frames.append(_unchanged(source, rows))
            elif part == UNPLACED:
                frames.append(_lines_again(site, entry, spec, rows, accepted))
            else:
                frames.append(_again(site, entry, spec, rows))
    verdicts = pl.concat(frames)
    return ReplayPlan(_counted(verdicts), _months(site, verdicts), bool(verdicts["differs"].any()))


_NOTHING = BAD.to_frame().with_columns(pl.lit(None, dtype=pl.Date).alias("month"))


def _refused(site: Site, entry: Entry, source: str) -> dict[Part, pl.DataFrame]:
    """The quarantined rows of a delivered table, by part, with their months where they have one."""
    return {
        part: pl.read_parquet(site.lake.local(file), glob=False)
        .select(*BAD)
        .with_columns(pl.lit(_month_of(part), dtype=pl.Date).alias("month"))
        for part, file in sorted(entry.parts(TableId("quarantine", source)).items())
    }


def _month_of(part: Part) -> date | None:
    return named_month(part.month) if part.month else None


# --------------------------------------------------------------------------------------------------------------- judging


def _orders_again(site: Site, entry: Entry, refused: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Check orders without a month again: the verdicts, and the orders that have a month now."""
    source = site.connector.orders.source
    judged = judge_orders(site, entry, _rows(site, entry, source, refused))
    accepted = judged.good.select("order_id", "month", *LINEAGE)
    placed = refused.drop("month").join(accepted.drop("order_id"), on=LINEAGE, how="left")
    return _verdicts(source, placed, judged.bad), accepted.select("order_id", "month")


def _lines_again(site: Site, entry: Entry, spec: Spec, refused: pl.DataFrame, accepted: pl.DataFrame) -> pl.DataFrame:
    """Check lines again that were refused because of their order, if the order is accepted now; else they stay refused."""
    orders = accepted.unique("order_id", keep="last").rename({"order_id": "value"})
    placed = refused.drop("month").join(orders, on="value", how="left", maintain_order="left")
    now_placed = placed.filter(pl.col("month").is_not_null())
    return pl.concat([_unchanged(spec.source, placed.filter(pl.col("month").is_null())), _again(site, entry, spec, now_placed)])


def _again(site: Site, entry: Entry, spec: Spec, refused: pl.DataFrame) -> pl.DataFrame:
    """Check refused rows alone, without the rows that they would be merged with or superseded by."""
    rows, zone = _rows(site, entry, spec.source, refused), site.shop.timezone
    if isinstance(spec, ManyToOne):
        return _verdicts(spec.source, refused, merge(site, entry, spec, rows.lazy())[1].bad)
    if spec.contract.monthly:
        rows = rows.join(refused.select(*LINEAGE, "month"), on=LINEAGE, maintain_order="left")
    if spec in site.connector.lines:
        rows = rows.with_columns(pl.col("order_id").str.strip_chars())
    return _verdicts(spec.source, refused, judge(rows, spec, looked_up(site, entry, spec.lookups, rows), zone).bad)


def _rows(site: Site, entry: Entry, source: str, which: pl.DataFrame) -> pl.DataFrame:
    """The delivered rows with this lineage; where a map makes them, as its present cells do."""
    if site.map is None:
        return delivered_rows(site, entry, source, which)
    return mapped_now(site, entry, source, set(which["source_sequence"])).join(which, on=LINEAGE, how="semi").sort(LINEAGE)


def _verdicts(source: str, refused: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    now = bad.select(*LINEAGE, now="rule", now_column="column", now_value="value")
    both = refused.join(now, on=LINEAGE, how="left", maintain_order="left")
    same = [pl.col(f"now{suffix}").eq_missing(pl.col(before)) for suffix, before in _COMPARED.items()]
    return both.with_columns(pl.lit(source).alias("source"), was="rule", differs=~pl.all_horizontal(same)).select(*_VERDICTS)


_COMPARED = {"": "rule", "_column": "column", "_value": "value"}


def _unchanged(source: str, refused: pl.DataFrame) -> pl.DataFrame:
    return _verdicts(source, refused, refused.drop("month"))


def _counted(verdicts: pl.DataFrame) -> tuple[Verdict, ...]:
    """The accepted rows first, then the rows that fail another rule now, then the unchanged ones."""
    keys = ["source", "was", "now"]
    counts = verdicts.group_by(keys).len().sort(pl.col("now").is_not_null(), pl.col("now") == pl.col("was"), *keys)
    return tuple(Verdict(source, was, now, int(rows)) for source, was, now, rows in counts.iter_rows())


def _months(site: Site, verdicts: pl.DataFrame) -> dict[str, frozenset[date]]:
    touched = verdicts.filter(pl.col("differs") & pl.col("month").is_not_null())
    return {
        table: frozenset(touched.filter(pl.col("source") == spec.source)["month"].to_list())
        for table, spec in specs(site).items()
        if spec.contract.monthly
    }
