"""The notebook runs as a script over a small shop, its findings are those of the page, and marimo has nothing to report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake_tests.builders.built_lake import BuiltLake

NOTEBOOK = Path(__file__).parents[2] / "notebooks/exploration.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ECOM_LAKE_")}
    return subprocess.run(
        [sys.executable, str(NOTEBOOK), *arguments], env=environment, capture_output=True, text=True, timeout=300
    )


def test_it_states_the_findings_of_the_shop(built_lake: BuiltLake) -> None:
    """A process that imports marimo and profiles all tables."""
    ran = run("--project", str(built_lake.folder))
    assert ran.returncode == 0, ran.stderr
    [row] = (
        Releases(built_lake.settings)
        .of("olist")
        .rows(
            Query(
                "select count(*) filter (where orders = 1) as once, count(*) as all from (select customer_id, count(*) as orders"
                " from fct_orders where is_valid and customer_id is not null group by customer_id)"
            )
        )
    )
    assert f"{row['once']:,} of {row['all']:,} customers (" in ran.stdout
    assert "orders: country is BR in all rows." in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("--shop", "nobody"), "There is no shop 'nobody' in "), (("--shop", "empty"), "Shop 'empty' has nothing yet in ")],
)
def test_what_cannot_be_explored_is_a_sentence(built_lake: BuiltLake, arguments: tuple[str, ...], sentence: str) -> None:
    ran = run("--project", str(built_lake.folder), *arguments)
    assert (ran.returncode, ran.stderr.startswith(sentence), "Traceback" in ran.stderr) == (1, True, False), ran.stderr


def test_marimo_has_nothing_to_report() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "marimo", "check", "--strict", str(NOTEBOOK)], capture_output=True, text=True, timeout=300
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
