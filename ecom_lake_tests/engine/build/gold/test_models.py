"""A model's tables are made together or not at all, and its last fit is handed on until somebody asks for a new one."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.gold import python_table as gold_function
from ecom_lake.engine.build.gold.make_gold import make_gold
from ecom_lake.engine.build.maintenance.repair import repair
from ecom_lake.engine.build.release import release
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
    """Whether the model got a last fit, each time that it was asked."""
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


def test_the_last_fit_is_handed_on_until_a_new_one_is_asked_for(fresh_lake: BuiltLake, given: list[bool]) -> None:
    site = fresh_lake.site()
    assert (made(site), given) == (set(), []), "nothing changed: it is not even asked"
    assert (made(replace(site, full=True)), given) == (MADE, [True])
    assert (made(replace(site, refit=True)), given) == (MADE, [True, False])


def test_a_refit_makes_nothing_but_models_anew(fresh_lake: BuiltLake) -> None:
    assert [outcome.written for outcome in make_gold(replace(fresh_lake.site(), refit=True), "rfm")] == [()]


def spoil_fit(site: Site) -> str:
    [file] = site.lake.log.head().parts(FIT).values()
    path = site.lake.local(file)
    path.write_bytes(path.read_bytes()[:-100])
    return file.hash


def test_a_damaged_fit_is_put_back_from_its_plain_copy(fresh_lake: BuiltLake, given: list[bool]) -> None:
    site = replace(fresh_lake.site(), full=True)
    was = spoil_fit(site)
    with pytest.raises(UserError, match="`ecom-lake repair` puts it back"):
        made(site)
    assert repair(site).put_back == (str(FIT),)
    assert [file.hash for file in site.lake.log.head().parts(FIT).values()] == [was]
    assert (made(site), given) == (MADE, [True])


def test_a_fit_that_is_lost_everywhere_is_made_anew(fresh_lake: BuiltLake, given: list[bool]) -> None:
    site = fresh_lake.site()
    spoil_fit(site)
    (fresh_lake.root / "olist" / f"{FIT}.parquet").unlink()
    done = repair(site)
    assert (done.put_back, len(done.forgotten)) == ((), 1)
    assert (made(site), given) == (MADE, [False])


def test_one_bad_table_keeps_back_those_beside_it(fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    site, real = replace(fresh_lake.site(), full=True), segment_centres.fit
    twice = [Curve("stability", "", [Point(0, 0)])] * 2  # two points in one place break the key of the fit

    def spoilt(con: duckdb.DuckDBPyConnection, settings: MiningSettings, past: Past) -> Fitted:
        return replace(real(con, settings, past), curves=twice)

    monkeypatch.setattr(segment_centres, "fit", spoilt)
    before = site.lake.log.head()
    outcomes = make_gold(site, "segment_centres")
    assert [outcome.table for outcome in outcomes if outcome.refused] == [FIT]
    assert not any(outcome.written for outcome in outcomes)
    assert site.lake.log.head() == before


def trust_me(fitted: Fitted, past: Past, version: int, settings: MiningSettings) -> pl.DataFrame:
    """A fit whose card was written past the class: it claims to be published, and has nothing to show for it."""
    rows = fit_rows(fitted, past, version, settings)
    is_card, is_claim = pl.col("kind") == CARD, pl.col("name").is_in(["reason", "status"])
    kept = rows.filter(~is_card | is_claim | pl.col("name").is_in(["predicts", "population", "as_of", "trained_on", "n"]))
    claims = pl.col("name").replace_strict({"reason": "Trust me, it works.", "status": "published"}, default=None)
    return kept.with_columns(said=pl.when(is_card & is_claim).then(claims).otherwise("said"))


def test_a_model_that_only_claims_to_work_is_stopped_in_the_build(fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    site = fresh_lake.site()
    released, before = site.lake.log.head(), site.lake.log.head().parts(TableId("gold", "model_cards"))
    monkeypatch.setattr(gold_function, "fit_rows", trust_me)
    assert MADE & {outcome.table for outcome in make_gold(replace(site, full=True), "segment_centres") if outcome.written}
    [outcome] = make_gold(site, "model_cards")
    assert outcome.refused and not outcome.written
    [check] = [check for check in outcome.checks if check.blocks]
    assert check.says == "Failed rules: published_has_a_gate, published_passes_its_gate."
    assert "customer_segments" in str(check.evidence)
    assert site.lake.log.head().parts(TableId("gold", "model_cards")) == before != {}
    assert site.lake.log.head() != released
    broken = release._identities(site, site.lake.log.head())
    assert {(found["table"], found["identity"]) for found in broken.evidence} == {
        ("customer_segments_fit", "published_has_a_gate"),
        ("customer_segments_fit", "published_passes_its_gate"),
    }
    assert broken.blocks
