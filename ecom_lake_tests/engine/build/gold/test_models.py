"""The tables of a model are built together or not at all, and its last fit is reused until a refit is requested."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.gold import python_table as gold_function
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.maintenance.repair import repair
from ecom_lake.engine.build.release.identities import check_identities
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.fitted import Curve, Fitted, Past, Point, fit_rows
from ecom_lake.engine.contracts.model_fit import CARD
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.errors import UserError
from ecom_lake.shop.segments import segment_centres_model as segment_centres
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.built_lake import BuiltLake

FIT = TableId("gold", "customer_segments_fit")
MADE = {TableId("gold", "segment_centres"), TableId("gold", "segment_selection"), FIT}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Records for each call of the model whether it got a last fit."""
    seen: list[bool] = []
    real = segment_centres.fit

    def watched(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
        seen.append(past.rows is not None)
        return real(con, settings, past)

    monkeypatch.setattr(segment_centres, "fit", watched)
    return seen


def made(site: Site) -> set[TableId]:
    outcomes = make_gold(site, "segment_centres")
    assert {outcome.table for outcome in outcomes} == MADE
    return {outcome.table for outcome in outcomes if outcome.written}


def test_the_last_fit_is_reused_until_a_refit_is_requested(fresh_lake: BuiltLake, given: list[bool]) -> None:
    site = fresh_lake.site()
    assert (made(site), given) == (set(), []), "nothing changed, so the model is not called"
    assert (made(replace(site, full=True)), given) == (MADE, [True])
    assert (made(replace(site, refit=True)), given) == (MADE, [True, False])


def test_a_refit_rebuilds_only_the_tables_of_models(fresh_lake: BuiltLake) -> None:
    assert [outcome.written for outcome in make_gold(replace(fresh_lake.site(), refit=True), "rfm")] == [()]


def damage_fit(site: Site) -> str:
    [file] = site.lake.log.head().parts(FIT).values()
    path = site.lake.local(file)
    path.write_bytes(path.read_bytes()[:-100])
    return file.hash


def test_a_damaged_fit_is_restored_from_its_plain_copy(fresh_lake: BuiltLake, given: list[bool]) -> None:
    site = replace(fresh_lake.site(), full=True)
    was = damage_fit(site)
    with pytest.raises(UserError, match="`ecom-lake repair` restores it"):
        made(site)
    assert repair(site).put_back == (str(FIT),)
    assert [file.hash for file in site.lake.log.head().parts(FIT).values()] == [was]
    assert (made(site), given) == (MADE, [True])


def test_a_fit_without_an_undamaged_copy_is_fitted_again(fresh_lake: BuiltLake, given: list[bool]) -> None:
    site = fresh_lake.site()
    damage_fit(site)
    (fresh_lake.root / "olist" / f"{FIT}.parquet").unlink()
    done = repair(site)
    assert (done.put_back, len(done.forgotten)) == ((), 1)
    assert (made(site), given) == (MADE, [False])


def test_one_invalid_table_of_a_model_blocks_its_other_tables(fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    site, real = replace(fresh_lake.site(), full=True), segment_centres.fit
    twice = [Curve("stability", "", [Point(0, 0)])] * 2  # two points in one place violate the key of the fit

    def faulty_fit(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
        return replace(real(con, settings, past), curves=twice)

    monkeypatch.setattr(segment_centres, "fit", faulty_fit)
    before = site.lake.log.head()
    outcomes = make_gold(site, "segment_centres")
    assert [outcome.table for outcome in outcomes if outcome.refused] == [FIT]
    assert not any(outcome.written for outcome in outcomes)
    assert site.lake.log.head() == before


def fit_with_false_status(fitted: Fitted, past: Past, version: int, settings: MiningSettings) -> pl.DataFrame:
    """A fit whose card was changed outside of the class: its status is published without a gate."""
    rows = fit_rows(fitted, past, version, settings)
    is_card, is_claim = pl.col("kind") == CARD, pl.col("name").is_in(["reason", "status"])
    kept = rows.filter(~is_card | is_claim | pl.col("name").is_in(["predicts", "population", "as_of", "trained_on", "n"]))
    claims = pl.col("name").replace_strict({"reason": "Trust me, it works.", "status": "published"}, default=None)
    return kept.with_columns(said=pl.when(is_card & is_claim).then(claims).otherwise("said"))


def test_a_model_with_a_status_without_a_gate_fails_the_build(fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    site = fresh_lake.site()
    released, before = site.lake.log.head(), site.lake.log.head().parts(TableId("gold", "model_cards"))
    monkeypatch.setattr(gold_function, "fit_rows", fit_with_false_status)
    assert MADE & {outcome.table for outcome in make_gold(replace(site, full=True), "segment_centres") if outcome.written}
    [outcome] = make_gold(site, "model_cards")
    assert outcome.refused and not outcome.written
    [check] = [check for check in outcome.checks if check.blocks]
    assert check.says == "Failed rules: published_has_a_gate, published_passes_its_gate."
    assert "customer_segments" in str(check.evidence)
    assert site.lake.log.head().parts(TableId("gold", "model_cards")) == before != {}
    assert site.lake.log.head() != released
    broken = check_identities(site, site.lake.log.head())
    assert {(found["table"], found["identity"]) for found in broken.evidence} == {
        ("customer_segments_fit", "published_has_a_gate"),
        ("customer_segments_fit", "published_passes_its_gate"),
    }
    assert broken.blocks
