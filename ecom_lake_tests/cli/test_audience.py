"""The command `audience`: the list, an export and its repetition, the effect, and what is refused."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError
from ecom_lake.publish.audiences import export, groups
from ecom_lake.publish.audiences.campaign import Campaign, read_campaign, write_campaign
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run


def ids_in(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as stream:
        return [row["customer_id"] for row in csv.DictReader(stream)]


def test_every_customer_is_in_one_group_of_each_source(run: Run, built_lake: BuiltLake) -> None:
    listed = run("audience", "--json", at=built_lake).json["audiences"]
    site = built_lake.site()
    for source, table in (("rfm", "rfm"), ("churn risk", "churn_scores"), ("value", "customer_value")):
        rows = gold_rows(site, released(site), table)
        sizes = [one["customers"] for one in listed if one["audience"].startswith(f"{source}: ")]
        assert sum(sizes) <= rows.height
        assert sum(sizes) == rows.height or source == "value"
    said = run("audience", at=built_lake)
    assert said.code == 0 and "rfm: " in said.out


def test_an_export_repeated_gives_the_same_file(run: Run, fresh_lake: BuiltLake, tmp_path: Path) -> None:
    site = fresh_lake.site()
    rows = gold_rows(site, released(site), "rfm", "customer_id", "segment")
    largest = rows["segment"].value_counts(sort=True)["segment"][0]
    customers = set(rows.filter(rows["segment"] == largest)["customer_id"])
    target = tmp_path / "people.csv"
    command = ("audience", "export", f"rfm: {largest.upper()}", str(target), "--campaign", "spring", "--holdout", "0.3")
    first = run(*command, at=fresh_lake)
    contacted = ids_in(target)
    assert (first.code, first.err) == (0, "")
    assert f"are held out, {len(customers):,} of both arms joined with this release." in first.out
    assert set(contacted) < customers and len(contacted) == len(set(contacted))
    again = run(*command, at=fresh_lake)
    assert ids_in(target) == contacted and again.out == first.out
    run(*command, "--hashed", at=fresh_lake)
    assert ids_in(target) == [hashlib.sha256(one.lower().encode()).hexdigest() for one in contacted]
    assert "Campaigns: spring" in run("audience", at=fresh_lake).out


def test_an_export_of_new_customers_lists_those_of_this_release(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "people.csv"
    audience = run("audience", "--json", at=fresh_lake).json["audiences"][0]["audience"]
    command = ("audience", "export", audience, str(target), "--campaign", "spring")
    with monkeypatch.context() as disk:
        disk.setattr(export, "write_campaign", full_disk)
        assert run(*command, "--new", at=fresh_lake).code == 1
    interrupted = ids_in(target)
    assert "exported to this campaign before" not in run(*command, "--new", at=fresh_lake).out
    everybody = ids_in(target)
    assert everybody and interrupted == everybody, "an interrupted export is repeated"
    repeated = run(*command, "--new", at=fresh_lake)
    assert ids_in(target) == everybody, "an export that is repeated writes the same file"
    assert "exported to this campaign before: the file has the same customers." in repeated.out
    site = fresh_lake.site()
    campaign = read_campaign(site, "spring")
    assert campaign is not None
    [joined] = campaign.joined
    earlier = replace(joined, release=joined.release - 1, contacted=joined.contacted[1:])
    write_campaign(site, replace(campaign, joined=(earlier,)))
    for _ in range(2):
        said = run(*command, "--new", at=fresh_lake)
        assert ids_in(target) == everybody[:1]
        assert "1 of both arms joined with this release." in said.out
    recorded = read_campaign(site, "spring")
    assert recorded is not None and [one.release for one in recorded.joined] == [joined.release - 1, joined.release]
    write_campaign(site, replace(recorded, joined=(replace(joined, release=joined.release - 1),)))
    assert run(*command, "--new", at=fresh_lake).out.startswith("Wrote 0 customers of "), "nobody joined with this release"
    run(*command, at=fresh_lake)
    assert ids_in(target) == everybody, "without --new the whole list"


def test_ids_are_written_as_the_shop_delivers_them(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program reads the file: a sign that a spreadsheet would take for a formula is a part of the id."""
    customers, target = ["+49 170 1234567", "-NabC12xYz", "=1+1", "@anna", 'a "b", c'], tmp_path / "people.csv"
    monkeypatch.setattr(export, "audiences", lambda *_: {"rfm: loyal": customers})
    run("audience", "export", "rfm: loyal", str(target), "--campaign", "spring", "--holdout", "0", at=fresh_lake)
    assert ids_in(target) == customers


def full_disk(*_: object) -> None:
    raise UserError("The disk is full.")


def test_the_effect_waits_until_the_days_are_over(run: Run, fresh_lake: BuiltLake, tmp_path: Path) -> None:
    audience = run("audience", "--json", at=fresh_lake).json["audiences"][0]["audience"]
    run("audience", "export", audience, str(tmp_path / "a.csv"), "--campaign", "spring", "--holdout", "0.5", at=fresh_lake)
    early = run("audience", "effect", "spring", at=fresh_lake)
    assert early.code == 2 and early.err.startswith("Campaign 'spring' is not over: it needs the orders before ")


def test_the_effect_is_that_of_the_recorded_arms(run: Run, fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    orders = gold_rows(site, released(site), "fct_orders", "customer_id", "order_date")
    first, last = orders["order_date"].min(), orders["order_date"].max()
    assert isinstance(first, date) and isinstance(last, date)
    customers = sorted(orders["customer_id"].drop_nulls().unique())
    write_campaign(site, Campaign("all", "everybody", 0.5).with_members(customers, first, 1))
    said = run("audience", "effect", "all", "--days", str((last - first).days), "--json", at=fresh_lake).json
    arms = read_campaign(site, "all")
    assert arms is not None
    assert said["people"] == [len(arms.joined[0].held_out), len(arms.joined[0].contacted)]
    assert [one["metric"] for one in said["results"]] == ["ordered", "net_sales"]


def test_wrong_names_are_refused_and_write_nothing(run: Run, fresh_lake: BuiltLake, tmp_path: Path) -> None:
    target = str(tmp_path / "people.csv")
    audience = run("audience", "--json", at=fresh_lake).json["audiences"][0]["audience"]
    cases = (
        (("audience", "export", "rfm: at rsk", target, "--campaign", "c"), "There is no audience 'rfm: at rsk'"),
        (("audience", "export", audience, target, "--campaign", "c", "--holdout", "1"), "--holdout must be at least 0"),
        (("audience", "export", audience, target, "--campaign", "A b"), "needs a name of small letters"),
        (("audience", "effect", "none"), "There is no campaign 'none'; the campaigns: there are none yet."),
        (("audience", "effect", "c", "--days", "0"), "--days must be at least 1"),
    )
    for command, why in cases:
        said = run(*command, at=fresh_lake)
        assert said.code == 2 and why in said.err, command
    assert not (tmp_path / "people.csv").exists() and not (fresh_lake.root / "olist/campaigns").exists()
    run("audience", "export", audience, target, "--campaign", "c", at=fresh_lake)
    other = run("audience", "export", audience, target, "--campaign", "c", "--holdout", "0.4", at=fresh_lake)
    assert other.code == 2 and "with a holdout of 10%: use the same" in other.err
    run("audience", "export", audience, target, "--campaign", "eighth", "--holdout", "0.125", at=fresh_lake)
    other = run("audience", "export", audience, target, "--campaign", "eighth", "--holdout", "0.12", at=fresh_lake)
    assert other.code == 2 and "with a holdout of 12.5%: use the same" in other.err


def test_a_shop_without_dates_has_no_audiences_and_the_reason(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def undated(site: Site, entry: Entry, table: str, *columns: str) -> pl.DataFrame:
        rows = gold_rows(site, entry, table, *columns)
        return rows.with_columns(order_date=pl.lit(None, pl.Date)) if table == "fct_orders" else rows

    monkeypatch.setattr(groups, "gold_rows", undated)
    monkeypatch.setattr(export, "gold_rows", undated)
    why = "Shop 'olist' has no orders with a date: the effect of a campaign cannot be measured"
    said = run("audience", at=fresh_lake)
    assert (said.code, "rfm: " in said.out, "Next: " in said.out) == (0, False, False) and why in said.out
    assert run("audience", "--json", at=fresh_lake).json["audiences"] == []
    refused = run("audience", "export", "rfm: loyal", str(tmp_path / "a.csv"), "--campaign", "c", at=fresh_lake)
    assert refused.code == 2 and why in refused.err and not (tmp_path / "a.csv").exists()
