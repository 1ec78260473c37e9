"""From four files to a release, by the commands of docs/maps/README.md alone: they are taken from the page and run in a shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.shape_shop import generate_shape

PAGE = Path(__file__).parents[2] / "docs/maps/README.md"
MOST_COMMANDS = 10
EDITOR = """#!/bin/bash
case "$1" in
    lake.toml) cat "$SETTINGS" >> lake.toml ;;
    *) sed -i -e '/^draft = true$/d' -e 's/^# "unknown" = ? .*/"unknown" = "unknown"/' "$1" ;;
esac
"""
"""What a person does in an editor: adds the shop, deletes the mark of a draft, and decides on the one word that is not known."""

pytestmark = pytest.mark.lake


def block(language: str) -> str:
    """The first block of code of a language in the section with the commands."""
    section = PAGE.read_text("utf-8").split("## From four files to a release")[1].split("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found
    return found[1]


def commands() -> list[str]:
    lines = [line.split(" #")[0].strip() for line in block("bash").splitlines()]
    return [command.strip() for line in lines for command in line.split("&&") if command]


def test_there_are_few_commands_and_none_is_python() -> None:
    assert 5 < len(commands()) <= MOST_COMMANDS
    assert {command.split()[0] for command in commands()} == {"ecom-lake", "cd", "$EDITOR"}


def test_the_commands_of_the_page_release_the_truths(tmp_path: Path) -> None:
    options = SynthOptions(orders=120, seed=5, shape="shop_database", first_month="2017-11", last_month="2018-01")
    truths = generate_shape(tmp_path / "export", options)
    (tmp_path / "export/payments.csv").unlink()
    (tmp_path / "settings").write_text("\n" + block("toml"), "utf-8")
    (tmp_path / "edit").write_text(EDITOR, "utf-8")
    (tmp_path / "edit").chmod(0o700)
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    given = {name: value for name, value in os.environ.items() if not name.startswith(("ECOM_LAKE_", "DAGSTER_"))}
    environment = given | {"PATH": programs, "EDITOR": str(tmp_path / "edit"), "SETTINGS": str(tmp_path / "settings")}
    ran = subprocess.run(
        ["bash", "-e", "-c", "\n".join(commands())], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (
        f"{sum(truths.records.values()) - truths.records['payments.csv']:,} records, each accounted for in 1 table." in ran.stdout
    )
    with duckdb.connect(str(tmp_path / "my_shop/data/web/catalog.duckdb"), read_only=True) as con:
        sales = con.execute("select count(*), sum(net_sales) from fct_orders where is_valid").fetchone()
    assert sales == (truths.totals.valid_orders, Decimal(truths.totals.net_sales))
