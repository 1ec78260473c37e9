"""The command `forget`, on a built lake with all tables and models."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.forget.steps import erasure_list
from ecom_lake.publish.audiences.campaign import Campaign, Joined, read_campaign, write_campaign
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run

KEY = "a secret that is long enough"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOM_LAKE_ERASURE_KEY", KEY)
    monkeypatch.setenv("ECOM_LAKE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def ids(built_lake: BuiltLake, tmp_path: Path) -> Path:
    """A file with two persons who ordered, outside of the lake."""
    orders = pl.read_parquet(built_lake.root / "olist" / "gold" / "fct_orders.parquet", columns=["customer_id"])
    path = tmp_path / "elsewhere" / "ids.txt"
    path.parent.mkdir()
    path.write_text("# whom to forget\n" + "\n".join(orders["customer_id"].unique().sort().head(2)) + "\n", encoding="utf-8")
    return path


def kpis(lake: BuiltLake) -> dict[str, float]:
    found = pl.read_parquet(lake.root / "olist" / "gold" / "kpi_summary.parquet", columns=["metric", "value"])
    return dict(found.drop_nulls().iter_rows())


def test_a_dry_run_counts_and_changes_nothing(built_lake: BuiltLake, run: Run, ids: Path) -> None:
    ran = run("forget", "--file", str(ids), "--dry-run", "--json", at=built_lake)
    assert ran.code == 0
    found = json.loads(ran.out)
    assert found["erased"] is False
    assert found["unknown"] == 0
    assert {one["table"] for one in found["found"]} >= {"customers", "orders", "order_items"}


def test_persons_are_unlinked_and_proven_to_be_gone(fresh_grown_lake: BuiltLake, run: Run, ids: Path) -> None:
    """Every KPI keeps, in all tables and models; campaigns forget the persons, too."""
    lake, [one, other] = fresh_grown_lake, ids.read_text(encoding="utf-8").split()[4:]
    campaign = Campaign("spring", "churn", 0.5, (Joined(date(2018, 1, 1), 1, [one, "x"], [other]),))
    write_campaign(lake.site(), campaign)
    before = kpis(lake)
    assert run("forget", "--prove", str(ids), at=lake).code == 1
    ran = run("forget", "--file", str(ids), "--yes", "--json", at=lake)
    assert (ran.code, json.loads(ran.out)["erased"]) == (0, True)
    assert run("forget", "--prove", str(ids), at=lake).code == 0
    assert kpis(lake) == before
    again = read_campaign(lake.site(), "spring")
    assert again is not None
    assert again.members == {"x"}
    assert erasure_list(lake.site()).unfinished == []
    assert run("forget", "--file", str(ids), "--yes", at=lake).code == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name the persons with --file or --person"),
        (["--person", "nobody-of-this-shop", "--dry-run"], "holds nothing of these persons"),
        (["--continue"], "No erasure of shop 'olist' is unfinished"),
        (["--file", "missing.txt"], "--file missing.txt cannot be read"),
        (["--lost-key", "--yes"], "under a key that is set or recorded as lost"),
        (["--lost-key"], "Nothing was recorded"),
        (["--continue", "--mode", "unlink"], "--continue and --from take only --mode remove"),
        (["--lost-key", "--mode", "remove"], "--mode is chosen with the persons"),
        (["--certificate", "c.json", "--continue"], "belong to --prove"),
    ],
)
def test_a_wrong_request_is_refused(built_lake: BuiltLake, run: Run, arguments: list[str], sentence: str) -> None:
    ran = run("forget", *arguments, at=built_lake)
    assert ran.code == 2
    assert sentence in ran.err


def test_nothing_is_erased_without_confirmation(fresh_lake: BuiltLake, run: Run, ids: Path) -> None:
    ran = run("forget", "--file", str(ids), at=fresh_lake)
    assert ran.code == 2
    assert "Nothing was erased" in ran.err
    assert not erasure_list(fresh_lake.site())


def test_a_weak_key_is_refused(built_lake: BuiltLake, run: Run, ids: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOM_LAKE_ERASURE_KEY", "short")
    ran = run("forget", "--file", str(ids), "--dry-run", at=built_lake)
    assert ran.code == 1
    assert "ECOM_LAKE_ERASURE_KEY is too short" in ran.err
