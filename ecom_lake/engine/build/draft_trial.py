"""A draft, run on the rows that it was drafted from: a cell that makes the contract refuse most of its rows is not proposed.

All rows are tried first and last; where a cell was left out, the tries in between read a sample of the orders of large files.
Here: from a draft to a draft without such cells, and what a person must decide. Not here: how a draft is made
(engine/mapping/draft/), what a map makes of any files (map_check.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from ecom_lake.engine.build.map_check import RECORD, SEQUENCE, FacetTrial, Files, MapTrial, try_map
from ecom_lake.engine.contracts.connector import Connector
from ecom_lake.engine.mapping.draft.draft import Draft
from ecom_lake.engine.mapping.draft.draft_text import draft_text
from ecom_lake.engine.mapping.draft.drafted import DraftCell, DraftFacet
from ecom_lake.engine.mapping.draft.profile import KindProfile
from ecom_lake.engine.mapping.draft.sample import Sample, sample_orders
from ecom_lake.engine.mapping.draft.targets import Targets
from ecom_lake.engine.mapping.map_file import read_map
from ecom_lake.words import counted

_MOST = 0.5
"""The share of a table's rows from which a cell that refuses them is left out."""
_MOST_ROUNDS = 8
"""A row is refused by the first rule that it fails, so that leaving out a cell may show the next one."""


@dataclass(frozen=True)
class DraftTrial:
    draft: Draft
    """Without the cells that refuse most rows; a cell that refuses some is not sure."""
    problems: tuple[str, ...]
    """What a person must decide, a sentence each."""
    records: int
    orders: int
    """Published orders that are sales."""
    net_sales: Decimal | None
    """Of the lines of these orders that are sales; None without lines."""


def try_draft(draft: Draft, name: str, connector_for: Callable[[str], Connector], targets: Targets) -> DraftTrial:
    """`name` is that of the map; `connector_for` gives the contracts for the text of a map."""
    if not draft.facets:
        return DraftTrial(draft, (), sum(kind.rows for kind in draft.kinds), 0, None)
    rows = {kind.name: _delivered_rows(kind) for kind in draft.kinds}
    files, sample = Files(rows), sample_orders(rows, _order_columns(draft, targets))
    trial = _tried(draft, name, connector_for, files)
    for _ in range(_MOST_ROUNDS):
        better = _without_refusing(draft, trial, targets)
        if better == draft:
            break
        draft = _settled(better, name, connector_for, sample, targets) if sample.one_in > 1 else better
        trial = _tried(draft, name, connector_for, files)
    facets = {one.facet.target: one for one in trial.facets}
    draft = replace(draft, facets=tuple(_with_refusals(facet, facets.get(facet.table)) for facet in draft.facets))
    draft = _with_unpaid_orders(draft, facets, targets)
    orders, net_sales = _sales(facets, targets)
    return DraftTrial(
        draft=draft,
        problems=tuple(sentence for one in trial.facets for sentence in _problems(one, targets)),
        records=sum(kind.rows for kind in draft.kinds),
        orders=orders,
        net_sales=net_sales,
    )


def _settled(draft: Draft, name: str, connector_for: Callable[[str], Connector], sample: Sample, targets: Targets) -> Draft:
    """The draft without cells that refuse most rows of a sample. What it makes of all rows is tried afterwards."""
    files = Files(sample.rows)
    for _ in range(_MOST_ROUNDS):
        trial = _tried(draft, name, connector_for, files)
        better = _without_refusing(draft, trial, targets, f" (in a sample of one in {sample.one_in:,} orders)")
        if better == draft:
            break
        draft = better
    return draft


def _order_columns(draft: Draft, targets: Targets) -> dict[str, str]:
    """By kind, the column that its rows' order is read from."""
    key = targets.amounts.order_key
    read = {facet.kind: facet[key].columns for facet in draft.facets if key in facet.targets}
    return {kind: names[0] for kind, names in read.items() if len(names) == 1}


def _tried(draft: Draft, name: str, connector_for: Callable[[str], Connector], files: Files) -> MapTrial:
    text = draft_text(draft, name)
    connector = connector_for(text)
    return try_map(read_map(text, f"maps/{name}.toml", connector.delivered), files, connector, "UTC")


def _delivered_rows(kind: KindProfile) -> pl.DataFrame:
    """The rows as a build reads them, each file a delivery."""
    lengths = next(iter(kind.columns.values())).file_rows or (kind.rows,)
    sequences = pl.concat([pl.repeat(number, length, dtype=pl.Int64, eager=True) for number, length in enumerate(lengths, 1)])
    records = pl.concat([pl.int_range(1, length + 1, dtype=pl.Int64, eager=True) for length in lengths])
    return kind.frame.with_columns(sequences.alias(SEQUENCE), records.alias(RECORD))


def _without_refusing(draft: Draft, trial: MapTrial, targets: Targets, where: str = "") -> Draft:
    return replace(draft, facets=tuple(_without_refusing_cells(facet, trial, targets, where) for facet in draft.facets))


def _without_refusing_cells(facet: DraftFacet, trial: MapTrial, targets: Targets, where: str) -> DraftFacet:
    """Without the optional cells for which most rows are refused, each with a note."""
    required = {*targets[facet.table].required, *targets[facet.table].key}
    refused = {name: rows for one in trial.facets if one.facet.target == facet.table for name, rows in one.refused_by.items()}
    judged = sum(one.published + one.refused for one in trial.facets if one.facet.target == facet.table)
    left_out = [cell for cell in facet.cells if cell.target not in required and refused.get(cell.target, 0) > _MOST * judged]
    if not left_out:
        return facet
    names = {cell.target for cell in left_out}
    return replace(
        facet,
        cells=tuple(cell for cell in facet.cells if cell.target not in names),
        words=tuple(words for words in facet.words if words.name not in {f"{facet.table}_{name}" for name in names}),
        notes=(*facet.notes, *(f"{_left_out(cell, refused[cell.target], judged)}{where}" for cell in left_out)),
    )


def _left_out(cell: DraftCell, refused: int, judged: int) -> str:
    return f"{cell.target} is left out: with {cell.expression}, {refused:,} of {counted(judged, 'row')} would be refused"


def _with_refusals(facet: DraftFacet, trial: FacetTrial | None) -> DraftFacet:
    """A cell for which rows are refused is not sure, and a guess if they are most of the rows."""
    if trial is None or not trial.refused_by:
        return facet
    judged = trial.published + trial.refused
    return replace(facet, cells=tuple(_doubted(cell, trial.refused_by, judged) for cell in facet.cells))


def _doubted(cell: DraftCell, refused_by: Mapping[str, int], judged: int) -> DraftCell:
    refused = refused_by.get(cell.target, 0)
    if not refused:
        return cell
    is_most = refused > _MOST * judged
    reason = f"{cell.reason}; but the contract refuses {refused:,} of {counted(judged, 'row')}"
    return replace(cell, confidence="guess" if is_most or cell.confidence == "guess" else "likely", reason=reason)


def _with_unpaid_orders(draft: Draft, facets: Mapping[str, FacetTrial], targets: Targets) -> Draft:
    """A total that each order states counts as its payment, whatever became of the order: a note names the orders that may be
    unpaid."""
    marks = targets.marks
    table, amount = marks.payments
    payments = next((facet for facet in draft.facets if facet.table == table), None)
    orders = facets.get(targets.amounts.orders)
    if payments is None or marks.status in payments.targets or table not in facets:
        return draft
    if orders is None or orders.facet.kind != payments.kind:
        return draft
    paid = facets[table].good.join(orders.good.select(targets.amounts.order_key, of=marks.status), on=targets.amounts.order_key)
    unpaid = paid.filter(pl.col("of").is_in(marks.perhaps_unpaid) & (pl.col(amount) > 0))
    if unpaid.is_empty():
        return draft
    by_status = unpaid.group_by("of").len().sort("of").iter_rows()
    which = " and ".join(counted(number, f"{status} order") for status, number in by_status)
    note = (
        f"{payments[amount].expression} of every order counts as paid, also that of {which}, {unpaid[amount].sum():,.2f} together"
        f": decide whether they were paid, and leave them out with where, or write a {marks.status}"
    )
    noted = replace(payments, notes=(*payments.notes, note))
    return replace(draft, facets=tuple(noted if facet is payments else facet for facet in draft.facets))


def _problems(trial: FacetTrial, targets: Targets) -> Iterator[str]:
    table = trial.facet.target
    for rule, rows in trial.rules.items():
        yield f"{table}: {counted(rows, 'row')} of {trial.delivered:,} would be refused by the rule {rule}"
    if trial.pending:
        yield f"{table}: the order of {counted(trial.pending, 'row')} is missing"
    key = targets[table].key
    same_key = trial.superseded - trial.replaced
    if same_key and targets.amounts.order_key in key:
        yield (
            f"{table}: {counted(same_key, 'row')} would not count, as a later row has the same {' and '.join(key)}: "
            "decide which column distinguishes them"
        )
    if trial.replaced:
        yield (
            f"{table}: {counted(trial.replaced, 'row')} would not count, as a later file has the order again: "
            "join the files if they have different lines of an order"
        )


def _sales(facets: Mapping[str, FacetTrial], targets: Targets) -> tuple[int, Decimal | None]:
    amounts, flag = targets.amounts, targets.marks.flag
    if amounts.orders not in facets:
        return 0, None
    orders = facets[amounts.orders].good.filter(pl.col(flag))
    if amounts.table not in facets:
        return orders.height, None
    lines = facets[amounts.table].good.filter(pl.col(flag)).join(orders, on=amounts.order_key, how="semi")
    net = (pl.col(amounts.price) * pl.col(amounts.quantity)).round(2) - pl.col(amounts.discount)
    return orders.height, Decimal(str(lines.select(net.sum()).item() or 0)).quantize(Decimal("0.01"))
