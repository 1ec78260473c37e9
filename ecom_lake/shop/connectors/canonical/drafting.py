"""What `ecom-lake map` drafts maps to: the canonical files, and their columns' names in other systems (other_names.toml)."""

from __future__ import annotations

from importlib.resources import files as package_files

from ecom_lake.engine.contracts.columns import MONEY, TEXT, TIMESTAMP, Column
from ecom_lake.engine.mapping.draft.targets import (
    LineAmounts,
    SaleMarks,
    Target,
    Targets,
    TargetTable,
    Vocabulary,
    read_vocabulary,
)
from ecom_lake.shop.exports import canonical as files
from ecom_lake.shop.exports.canonical import CanonicalFile

_OTHER_NAMES = "other_names.toml"
_AMOUNT_CLUES = (
    "line_total",
    "discount_rate",
    "tax",
    "profit",
    "order_total",
    "order_subtotal",
    "order_discount",
    "stock",
)
"""The clues that are numbers."""
_TIME_CLUES = ("canceled_at",)
_AMOUNTS = LineAmounts(
    table="order_items",
    price="unit_price",
    quantity="quantity",
    discount="discount",
    charges=("freight", "tax"),
    line_total="line_total",
    stated=(("orders", "order_total"), ("payments", "amount")),
    orders="orders",
    product="product_id",
    cost="unit_cost",
    order_key="order_id",
)
_MARKS = SaleMarks(
    flag="is_valid",
    status="status",
    canceled_at="canceled_at",
    canceled="canceled",
    payments=("payments", "amount"),
    perhaps_unpaid=("canceled", "created"),
)


def other_names() -> Vocabulary:
    return read_vocabulary(package_files(__package__).joinpath(_OTHER_NAMES).read_text("utf-8"), _OTHER_NAMES)


def draft_targets(vocabulary: Vocabulary | None = None) -> Targets:
    """The canonical tables with the names that their columns have elsewhere, by default those of other_names.toml."""
    vocabulary = vocabulary or other_names()
    return Targets(
        tables=tuple(_table(file, vocabulary) for file in files.FILES),
        words=vocabulary.words,
        value_words=vocabulary.values,
        amounts=_AMOUNTS,
        marks=_MARKS,
        amount_words=vocabulary.amount_words,
        recognized=vocabulary.recognized,
        shapes=vocabulary.shapes,
        doubted_without=vocabulary.doubted_without,
        ids=("order_id", "customer_id", "product_id", "seller_id"),
    )


def _table(file: CanonicalFile, vocabulary: Vocabulary) -> TargetTable:
    contract, delivered = file.contract, file.delivered
    columns = [(name, contract.columns.get(name) or Column(TEXT, file.more[name], nullable=True)) for name in delivered.columns]
    targets = [_target(contract.name, name, column, vocabulary) for name, column in columns]
    clues = vocabulary.clues.get(contract.name, {})
    return TargetTable(
        name=contract.name,
        meaning=file.meaning,
        key=tuple(name for name, column in contract.columns.items() if column.key),
        required=file.required,
        targets=(*targets, *(_clue(contract.name, name, vocabulary) for name in clues if name not in delivered.columns)),
        things=vocabulary.things.get(contract.name, ()),
        made=vocabulary.made.get(contract.name, {}),
    )


def _clue(table: str, name: str, vocabulary: Vocabulary) -> Target:
    kind = MONEY if name in _AMOUNT_CLUES else TIMESTAMP if name in _TIME_CLUES else TEXT
    column = Column(kind, "A column that helps to make another one.", nullable=True)
    return _target(table, name, column, vocabulary, is_clue=True)


def _target(table: str, name: str, column: Column, vocabulary: Vocabulary, is_clue: bool = False) -> Target:
    words, additions = vocabulary.words_of_names(table, name), vocabulary.additions_of(table, name)
    return Target(name, column, words, is_clue=is_clue, additions=additions)
