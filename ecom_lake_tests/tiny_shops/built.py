"""One tiny shop from its files to its release, and what must be true of it then.

Here: the build, the ledger, the totals, the numbers, and every command that a reader may type. Not here: which shops there
are (shape.py) and their rows (export.py).
"""

from __future__ import annotations

import io
import math
import re
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from os import environ
from pathlib import Path
from unittest.mock import patch

import polars as pl
import polars.selectors as cs
import pytest

from ecom_lake.cli import main
from ecom_lake.cli.ask import show
from ecom_lake.cli.lake_options import LakeOptions
from ecom_lake.engine.serve.answering import answer, unanswerable
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import released
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.catalog import questions
from ecom_lake_tests.tiny_shops.export import Export, export_of
from ecom_lake_tests.tiny_shops.shape import Shape

READERS = (("status",), ("doctor",), ("tables",), ("ledger",), ("quarantine",), ("ask",))
"""Commands that print and change nothing."""
_STYLE, _TAG = re.compile("<style.*?</style>", re.DOTALL), re.compile("<[^>]+>")
_UNSAYABLE = re.compile(r".{0,40}\b(?:nan|inf|undefined)\b.{0,40}", re.IGNORECASE)


def build_and_hold(export: Export, folder: Path) -> CanonicalShop:
    """The shop, built and released; raises where anything is not as it must be."""
    shop = CanonicalShop(folder)
    export.land(shop)
    shop.build()
    hold(shop, export)
    return shop


def why_it_fails(shape: Shape) -> str | None:
    """Builds the shape and holds it; returns the stack trace where that fails."""
    with tempfile.TemporaryDirectory(prefix="ecom-lake-tiny-") as folder:
        try:
            build_and_hold(export_of(shape), Path(folder))
        except Exception:
            return traceback.format_exc()
    return None


def hold(shop: CanonicalShop, export: Export) -> None:
    """Raises where the release is not what the export's rows give, or a command fails on it."""
    _hold_ledger(shop, export)
    _hold_totals(shop, export.totals)
    _hold_numbers(shop)
    _hold_questions(shop)
    _hold_commands(shop)


def _hold_ledger(shop: CanonicalShop, export: Export) -> None:
    """Every row is sound, so every row is published."""
    found = shop.ask("select table_name, rows_delivered, published from ledger order by 1")
    delivered = sorted((name, len(rows), len(rows)) for name, rows in export.files.items())
    assert found == delivered, f"the ledger has {found}, delivered were {delivered}"


def _hold_totals(shop: CanonicalShop, totals: Mapping[str, float | None]) -> None:
    found = dict(shop.ask("select metric, value from kpi_summary"))
    wrong = {name: (found[name], total) for name, total in totals.items() if found[name] != pytest.approx(total)}
    assert not wrong, f"kpi_summary and the rows differ in {wrong}"


def _hold_numbers(shop: CanonicalShop) -> None:
    """A number that nobody can know is NULL: neither NaN nor infinite."""
    files = list((shop.root / "mine" / "gold").rglob("*.parquet"))
    assert files
    for file in files:
        numbers = pl.read_parquet(file, glob=False).select(cs.float())
        strange = [column.name for column in numbers if not column.drop_nulls().is_finite().all()]
        assert not strange, f"{file.stem} has numbers that are not finite in {strange}"


def _hold_questions(shop: CanonicalShop) -> None:
    site = shop.site
    entry = released(site)
    open_ones = unanswerable(site, entry)
    with session(site, entry) as opened:
        for question in questions():
            if question.name in open_ones:
                continue
            answered = answer(opened, question, {})
            with _on_a_terminal():
                show(answered, LakeOptions(str(shop.root), "mine"))
            numbers = [value for row in answered.rows for value in row if isinstance(value, float)]
            assert all(map(math.isfinite, numbers)), f"{question.name} answers {numbers}"


def _hold_commands(shop: CanonicalShop) -> None:
    pages = {name: shop.folder / f"{name}.html" for name in ("report", "quality")}
    for words in (*READERS, *((name, "--out", str(file)) for name, file in pages.items())):
        code, said = run(shop, *words)
        assert code == 0, f"ecom-lake {' '.join(words)} exits {code}: {said}"
    for file in pages.values():
        text = _TAG.sub(" ", _STYLE.sub("", file.read_text(encoding="utf-8")))
        assert not _UNSAYABLE.search(text), f"{file.name} says {_UNSAYABLE.findall(text)}"


def run(shop: CanonicalShop, *words: str) -> tuple[int, str]:
    """The exit code of a command on a terminal and everything it printed. An error that nobody foresaw is raised."""
    told = {"ECOM_LAKE_CONFIG": str(shop.config), "ECOM_LAKE_ROOT": str(shop.root), "ECOM_LAKE_DEBUG": "1"}
    with patch.dict(environ, told), _on_a_terminal() as printed:
        code = main([*words, "--shop", "mine"])
    return code, printed.getvalue()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def _on_a_terminal() -> Iterator[io.StringIO]:
    """So that charts are drawn."""
    told = _Terminal()
    with patch.dict(environ, {"TERM": "xterm-256color", "COLUMNS": "100"}), redirect_stdout(told), redirect_stderr(told):
        yield told
