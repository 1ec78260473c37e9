"""How many cells of a map does `ecom-lake map` draft right, and how often is a cell wrong that it calls sure?

    python benchmarks/map_assistant.py [--olist FOLDER] [--shapes FOLDER] [--set first|...|eighth] [--forget SHARE] [--drop SHARE]
        [--verbose] [LAYOUT ...]

No set was used while the assistant was written; each was used afterwards, to improve it. A cell is right if it reads the
delivered columns that the truth lists and, for a time, the format in which the layout writes it. A missing cell is wrong,
and so is one too many.
`--shapes` names a folder with the exports of `synth --as`, one folder each. `--forget 0.3` drops three of ten words and names
of the vocabulary, drawn with `--seed`: then the layouts that it was improved on have names that it does not know, as new exports
have, and show whether a cell is sure without its name. `--drop 0.3` leaves three of ten columns out of the
files: then the right column is often missing, and only the sure and wrong cells count, which are other columns taken for it.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
from polars import selectors as cs

from benchmarks.map_amounts import with_line_amounts, with_numbers, with_order_amounts
from ecom_lake.engine.mapping.draft.draft import Draft, make_draft
from ecom_lake.engine.mapping.draft.drafted import DraftCell
from ecom_lake.engine.mapping.draft.read_files import read_files
from ecom_lake.engine.mapping.draft.targets import Vocabulary
from ecom_lake.shop.connectors.canonical.drafting import draft_targets, other_names
from ecom_lake.statistics.intervals import wilson_interval
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate

SETS = {
    "first": "map_layouts.toml",
    "second": "map_layouts_second.toml",
    "third": "map_layouts_third.toml",
    "fourth": "map_layouts_fourth.toml",
    "fifth": "map_layouts_fifth.toml",
    "sixth": "map_layouts_sixth.toml",
    "seventh": "map_layouts_seventh.toml",
    "eighth": "map_layouts_eighth.toml",
}
"""Each set was chosen when the ones before it had been used to improve the assistant."""
ORDERS = 1_500
_WORDS = {
    "service": ("Standard", "Express", "Same Day"),
    "country": ("Brazil", "Germany"),
    "country_code": ("BR", "DE"),
    "currency": ("BRL",),
    "carrier": ("DHL", "UPS"),
    "warehouse": ("North", "South"),
    "priority": ("High", "Low"),
    "department": ("Home", "Sport", "Garden"),
    "market": ("LATAM", "Europe"),
    "flag": ("0", "1"),
    "zero": ("0",),
    "returned": ("Not Returned", "Returned"),
    "state": ("Completed", "Pending", "Cancelled", "Shopping Basket"),
    "delivery": ("Shipping on time", "Late delivery", "Advance shipping"),
    "status_words": ("COMPLETE", "PENDING", "CLOSED", "PROCESSING", "CANCELED"),
    "german_status": ("Offen", "Versendet", "Geliefert", "Storniert"),
    "spanish_status": ("Pendiente", "Enviado", "Entregado", "Cancelado"),
    "french_status": ("Payée", "Annulée", "Expédié", "Livré"),
    "size": ("Small", "Medium", "Large"),
    "site": ("example.com",),
    "simple": ("simple", "bundle"),
    "piece": ("Stk",),
    "method": ("Cash", "Card", "RoomCharge"),
    "description": ("A fine product", "Handmade", "New this year"),
}
_PEOPLE = ("Ana Souza", "Ben Hill", "Carla Dias", "Dan Wood", "Eva Klein", "Finn Berg", "Gil Moss")
_DAYS = {
    "orders.day": "orders.ordered_at",
    "orders.shipped_day": "orders.shipped_at",
    "orders.promised_day": "orders.promised_at",
    "orders.delivered_day": "orders.delivered_at",
    "payments.day": "payments.paid_at",
}
"""The values that are the day of a time."""


@dataclass
class Result:
    cells: int = 0
    right: int = 0
    sure: int = 0
    sure_and_wrong: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        self.cells += other.cells
        self.right += other.right
        self.sure += other.sure
        self.sure_and_wrong += other.sure_and_wrong


class SyntheticShop:
    """The rows of a synthetic shop by grain; every column is text, and named after its table."""

    def __init__(self, folder: Path) -> None:
        generate(folder, SynthOptions(orders=ORDERS, full=True), lambda what, share: None)
        read = {file.stem: pl.read_csv(file, infer_schema=False) for file in folder.glob("*.csv")}
        tables = {name: rows.rename({column: f"{name}.{column}" for column in rows.columns}) for name, rows in read.items()}
        for name, key in (("orders", "order_id"), ("customers", "customer_id"), ("products", "product_id")):
            tables[name] = tables[name].unique(f"{name}.{key}", keep="last", maintain_order=True)
        tables = with_numbers(tables)
        orders, customers, products = tables["orders"], tables["customers"], tables["products"]
        orders = orders.join(
            customers, left_on="orders.customer_id", right_on="customers.customer_id", how="left", coalesce=False
        )
        customers = customers.join(
            orders.unique("customers.customer_id").select(
                "customers.customer_id", *(f"orders.{n}" for n in ("city", "state", "zip", "region"))
            ),
            on="customers.customer_id",
            how="left",
        )
        lines = _amounts(tables["order_items"].rename(lambda name: name.replace("order_items.", "lines.")))
        totals = lines.group_by("lines.order_id").agg(
            pl.format(
                "{}",
                (
                    pl.col("lines.net").cast(pl.Decimal(18, 2)) + pl.col("lines.freight").fill_null("0").cast(pl.Decimal(18, 2))
                ).sum(),
            ).alias("orders.total")
        )
        orders = orders.join(totals, left_on="orders.order_id", right_on="lines.order_id")
        payments = tables["payments"].join(orders, left_on="payments.order_id", right_on="orders.order_id", coalesce=False)
        first = tables["payments"].unique("payments.order_id", keep="first")
        lines = lines.join(orders, left_on="lines.order_id", right_on="orders.order_id", coalesce=False, maintain_order="left")
        lines = lines.join(
            products,
            left_on="lines.product_id",
            right_on="products.product_id",
            how="left",
            coalesce=False,
            maintain_order="left",
        )
        lines = lines.join(first, left_on="lines.order_id", right_on="payments.order_id", how="left", maintain_order="left")
        lines = with_order_amounts(with_line_amounts(lines))
        amounts = lines.unique("lines.order_id", keep="first").select("lines.order_id", cs.starts_with("money.order_"))
        orders = orders.join(amounts, left_on="orders.order_id", right_on="lines.order_id", maintain_order="left")
        orders = orders.join(first, left_on="orders.order_id", right_on="payments.order_id", how="left", maintain_order="left")
        refunds = tables["refunds"].join(orders, left_on="refunds.order_id", right_on="orders.order_id", coalesce=False)
        reviews = tables["reviews"].join(orders, left_on="reviews.order_id", right_on="orders.order_id", coalesce=False)
        self.grains = {"orders": orders, "lines": lines, "payments": payments, "reviews": reviews, "customers": customers}
        self.grains |= {"products": products, "sellers": tables["sellers"], "refunds": refunds}


def _amounts(lines: pl.DataFrame) -> pl.DataFrame:
    price, quantity, discount, cost = (
        pl.col(f"lines.{name}").fill_null("0").cast(pl.Decimal(18, 4))
        for name in ("unit_price", "quantity", "discount", "unit_cost")
    )
    with_total = lines.with_columns((price * quantity).round(2).cast(pl.Decimal(18, 2)).alias("total"))
    with_net = with_total.with_columns(
        (pl.col("total") - discount).alias("net"), (pl.col("total") - cost * quantity).alias("profit")
    )
    return with_net.with_columns(pl.col(name).cast(pl.String).alias(f"lines.{name}") for name in ("total", "net", "profit"))


def write_layout(layout: Mapping[str, Any], shop: SyntheticShop, folder: Path) -> list[Path]:
    written = []
    for name, file in layout["files"].items():
        rows = shop.grains[file["grain"]]
        columns = [_values(rows, value, file).alias(header) for header, value in file["columns"].items()]
        path = folder / f"{name}.csv"
        rows.select(columns).write_csv(path, separator=file.get("separator", ","))
        written.append(path)
    return written


def _values(rows: pl.DataFrame, value: str, file: Mapping[str, Any]) -> pl.Expr:
    if value == "row":
        return pl.int_range(1, rows.height + 1).cast(pl.String)
    if value.startswith("one of: "):
        return _words_by_order(rows, tuple(value.removeprefix("one of: ").split(", ")))
    if value.startswith("money."):
        return _written_amount(pl.col(value), file)
    table, _, column = value.partition(".")
    if table == "filler" or column == "none":
        return _filler(rows, column)
    if value == "orders.clock":
        return pl.col("orders.ordered_at").str.slice(11)
    source = _DAYS.get(value, value)
    if table == "customers" and source not in rows.columns:
        source = f"orders.{column}"
    if value == "orders.order_id" and source not in rows.columns:
        source = next(name for name in rows.columns if name.endswith(".order_id"))
    text = pl.col(source)
    if source.endswith("_at"):
        form = file.get("time", "%Y-%m-%d" if value in _DAYS else "%Y-%m-%d %H:%M:%S")
        return (
            text.str.slice(0, 19).str.to_datetime("%Y-%m-%d %H:%M:%S").dt.strftime(form + ("+00:00" if file.get("zone") else ""))
        )
    is_amount = file.get("decimal") == "," and text.meta.output_name().split(".")[1] not in ("name",)
    return (
        pl.when(text.str.contains(r"^-?[0-9]+\.[0-9]+$")).then(text.str.replace(".", ",", literal=True)).otherwise(text)
        if is_amount
        else text
    )


def _words_by_order(rows: pl.DataFrame, words: tuple[str, ...]) -> pl.Expr:
    """Words that are the same on every row of an order, or else of a customer."""
    key = next((name for name in ("orders.number", "customers.number") if name in rows.columns), None)
    number = pl.col(key).cast(pl.Int64) if key else pl.int_range(rows.height)
    return (number * 7 % 11 % len(words)).replace_strict(dict(enumerate(words)), return_dtype=pl.String)


def _written_amount(amount: pl.Expr, file: Mapping[str, Any]) -> pl.Expr:
    """With the sign of the currency after the minus, and with the decimal separator of the file."""
    if sign := file.get("sign"):
        is_amount = amount.str.contains(".", literal=True)
        amount = pl.when(is_amount).then(amount.str.replace(r"^(-?)", "${1}" + sign.replace("$", "$$"))).otherwise(amount)
    return amount.str.replace(".", ",", literal=True) if file.get("decimal") == "," else amount


def _filler(rows: pl.DataFrame, column: str) -> pl.Expr:
    number = pl.int_range(rows.height)
    key = pl.col("customers.customer_id").rank("dense").cast(pl.Int64) if "customers.customer_id" in rows.columns else number
    match column:
        case "email":
            return pl.format("buyer{}@example.com", key)
        case "person":
            return (key % len(_PEOPLE)).replace_strict(dict(enumerate(_PEOPLE)), return_dtype=pl.String)
        case "phone":
            return pl.format("+55 11 9{}", key + 1_000_000)
        case "street":
            return pl.format("Rua {}", key)
        case "amount":
            return (number * 7 % 23).cast(pl.String) + ".90"
        case "rate":
            return (number * 7 % 4).replace_strict({0: "0", 1: "0", 2: "0.05", 3: "0.15"}, return_dtype=pl.String)
        case "sku":
            return pl.format("SKU-{}", pl.col("products.product_id").rank("dense"))
        case "none":
            return pl.lit("2016-01-01")
        case "number":
            return (number * 7 % 6 + 1).cast(pl.String)
    words = _WORDS[column]
    return (number * 7 % 11 % len(words)).replace_strict(dict(enumerate(words)), return_dtype=pl.String)


def measure(draft: Draft, layout: Mapping[str, Any]) -> Result:
    truth, may = layout["truth"], layout.get("may", {})
    drafted = {f"{facet.table}.{cell.target}": (facet.kind, cell) for facet in draft.facets for cell in facet.cells}
    result = Result()
    for name in dict.fromkeys([*truth, *drafted]):
        found = drafted.get(name)
        if name in may and (found is None or _reads(found[1], may[name])):
            continue
        wanted = truth.get(name)
        is_right = found is not None and wanted is not None and _reads(found[1], wanted) and _has_format(found, layout)
        is_sure = found is not None and found[1].confidence == "sure"
        result.add(Result(1, is_right, is_sure, is_sure and not is_right))
        if not is_right:
            cell = f"{found[1].expression} ({found[1].confidence}: {found[1].reason})" if found else "missing"
            result.wrong.append(f"{name}: {cell}, not {wanted or 'a cell'}")
    return result


def _reads(cell: DraftCell, wanted: str) -> bool:
    choices = [frozenset(choice.split()) - {"-"} for choice in wanted.split("|")]
    return frozenset(cell.columns) in choices or (frozenset() in choices and cell.expression in ("1", "nth()"))


def _has_format(found: tuple[str, DraftCell], layout: Mapping[str, Any]) -> bool:
    """Whether the format of a time is the one in which the layout writes it."""
    kind, cell = found
    file = next((file for name, file in layout.get("files", {}).items() if name.casefold() == kind), None)
    if file is None or file.get("time", "%Y-%m-%d") == "%Y-%m-%d" or "zone" in file or not cell.target.endswith("_at"):
        return True
    return f"'{file['time']}'" in cell.expression


def _partly_forgotten(vocabulary: Vocabulary, share: float, seed: int) -> Vocabulary:
    drawn = random.Random(seed)
    words = {word: english for word, english in vocabulary.words.english.items() if word == english or drawn.random() >= share}
    names = {
        column: tuple(name for name in others if drawn.random() >= share) for column, others in sorted(vocabulary.names.items())
    }
    return replace(vocabulary, words=replace(vocabulary.words, english=words), names=names)


def _without_columns(layout: Mapping[str, Any], share: float, drawn: random.Random) -> Mapping[str, Any]:
    """The layout with fewer columns in its files; each file has at least one."""
    files = {}
    for name, file in layout.get("files", {}).items():
        kept = {header: value for header, value in file["columns"].items() if drawn.random() >= share}
        files[name] = file | {"columns": kept or dict([next(iter(file["columns"].items()))])}
    return {**layout, "files": files} if files else layout


def drafts(arguments: argparse.Namespace) -> Iterator[tuple[str, Mapping[str, Any], Draft]]:
    layouts = tomllib.loads(Path(__file__).with_name(SETS[arguments.set]).read_text("utf-8"))
    targets = draft_targets(_partly_forgotten(other_names(), arguments.forget, arguments.seed))
    with tempfile.TemporaryDirectory() as scratch:
        shop = SyntheticShop(Path(scratch) / "shop")
        for name, layout in layouts.items():
            if arguments.layouts and name not in arguments.layouts:
                continue
            layout = _without_columns(layout, arguments.drop, random.Random(f"{name}{arguments.seed}"))
            folder = Path(scratch) / name
            folder.mkdir()
            if "files" in layout:
                paths = write_layout(layout, shop, folder)
            else:
                given = arguments.olist if "folder" in layout else arguments.shapes and arguments.shapes / layout["shape"]
                if given is None or not given.is_dir():
                    print(f"{name}: skipped, its files are not here")
                    continue
                paths = [given]
            yield name, layout, make_draft(read_files(paths).kinds, targets)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("layouts", nargs="*")
    parser.add_argument("--set", choices=SETS, default="first")
    parser.add_argument("--olist", type=Path)
    parser.add_argument("--shapes", type=Path)
    parser.add_argument("--forget", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("--drop", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    total, confidences = Result(), Counter[str]()
    print(f"{'layout':22}{'cells':>7}{'right':>7}{'sure':>7}{'sure and wrong':>16}")
    for name, layout, draft in drafts(arguments):
        result = measure(draft, layout)
        total.add(result)
        confidences.update(cell.confidence for facet in draft.facets for cell in facet.cells)
        print(f"{name:22}{result.cells:>7}{result.right:>7}{result.sure:>7}{result.sure_and_wrong:>16}")
        if arguments.verbose:
            print(*(f"    {line}" for line in result.wrong), sep="\n")
    low, high = wilson_interval(total.right / total.cells, total.cells)
    print(f"{'all':22}{total.cells:>7}{total.right:>7}{total.sure:>7}{total.sure_and_wrong:>16}")
    print(f"right: {total.right / total.cells:.1%} ({low:.1%} to {high:.1%})")
    low, high = wilson_interval(total.sure_and_wrong / total.sure, total.sure)
    print(f"of the sure cells wrong: {total.sure_and_wrong / total.sure:.2%} ({low:.2%} to {high:.2%})")


if __name__ == "__main__":
    main()
