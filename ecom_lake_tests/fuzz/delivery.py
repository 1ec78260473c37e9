"""A mutated delivery: a few files of the export, each damaged in a different way, some under unusual names.

The same seed gives the same bytes. Not here: the kinds of damage (planted.py, wild.py, packed.py).
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from random import Random

from ecom_lake_tests.fuzz import evil, packed, wild
from ecom_lake_tests.fuzz.export import TABLES, Grid, as_csv, clean_export, file_name
from ecom_lake_tests.fuzz.planted import Planted, anchor, plant

ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le")


@dataclass(frozen=True)
class Dropped:
    """One file for landing, and its expected result if that is known."""

    name: str
    table: str
    content: bytes
    how: tuple[str, ...]
    planted: tuple[Planted, ...] = ()
    refused: tuple[str, ...] = ()
    """The refusal must contain one of these phrases."""
    accepted: bool = False


def base_delivery() -> list[Dropped]:
    """The valid first half of the export, which is delivered before the mutated files."""
    return [
        Dropped(f"0/{file_name(table)}", table, as_csv(grid.header, grid.rows[: len(grid.rows) // 2]).encode(), (), accepted=True)
        for table, grid in clean_export().items()
    ]


def mutated_delivery(dice: Random, mark: str) -> list[Dropped]:
    tables = dice.sample(TABLES, dice.randint(1, 6))
    files = [_mutated(dice, _some(dice, clean_export()[table]), f"{mark}-{number}") for number, table in enumerate(tables)]
    if dice.random() < 0.15:
        twin = dice.choice(files)
        files.append(Dropped(_beside(twin.name), twin.table, twin.content, ("twice",)))
    if dice.random() < 0.05:
        files.append(Dropped(f"{mark}/{dice.choice(TABLES)}.csv", "", b"", ("empty",), accepted=True))
    return files


def _some(dice: Random, grid: Grid) -> Grid:
    """Some of the rows; the anchor is left out of the orders, so that it is never changed."""
    rows = [row for row in grid.rows if grid.table != "orders" or row[0] != anchor()]
    return Grid(grid.table, grid.header, tuple(dice.sample(rows, dice.randint(min(3, len(rows)), len(rows)))))


def _mutated(dice: Random, grid: Grid, mark: str) -> Dropped:
    kind = dice.choices(("planted", "columns", "cells", "bytes", "gzip", "zip"), (30, 12, 16, 28, 6, 8))[0]
    if kind == "planted":
        return _planted(dice, grid, mark)
    damage, suffix = {
        "columns": (wild.damaged_columns, ".csv"),
        "cells": (wild.damaged_cells, ".csv"),
        "bytes": (wild.damaged_bytes, ".csv"),
        "gzip": (packed.gzipped, ".csv.gz"),
        "zip": (packed.zipped, ".zip"),
    }[kind]
    done = damage(dice, grid)
    return Dropped(_name(dice, grid.table, mark, suffix), grid.table, done.content, done.how, (), done.refused, done.accepted)


def _planted(dice: Random, grid: Grid, mark: str) -> Dropped:
    """Invalid records in an otherwise valid file, in one of the usual formats of exports."""
    records, known = plant(dice, grid, list(grid.rows), mark)
    newline = dice.choice(("\n", "\r\n", "\r"))
    text = newline.join([",".join(grid.header), *records, ""][: None if dice.random() < 0.8 else -1])
    encoding = dice.choice(ENCODINGS)
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        # Invalid bytes are recognized with certainty only if the encoding is certain.
        content, encoding = codecs.BOM_UTF8 + text.encode("utf-8", "surrogateescape"), "utf-8-sig"
    if encoding == "utf-16-le" or encoding == "utf-16":
        content, encoding = codecs.BOM_UTF16_LE + text.encode("utf-16-le"), "utf-16"
    name = _name(dice, grid.table, mark, ".csv")
    return Dropped(name, grid.table, content, ("planted", encoding), tuple(known), accepted=True)


def _name(dice: Random, table: str, mark: str, suffix: str) -> str:
    if dice.random() < 0.75:
        return f"{mark}/{file_name(table).removesuffix('.csv')}{suffix}"
    strange = dice.choice([*evil.KEYS, *_NAMES]).replace("/", "∕").replace("\0", "␀").lstrip("._")
    return f"{mark}/{strange[:40]}{suffix}"


_NAMES = (
    "x\udcff",
    "1²3",
    "a\nb",
    "²",
    "%2e%2e%2fx",
    "CON",
    "x.csv ",
    "~",
    " ",
    "x" * 200,
    "file:",
    "az:--x",
    "::a",
)


def _beside(name: str) -> str:
    folder, _, file = name.rpartition("/")
    return f"{folder}/copy of {file}"
