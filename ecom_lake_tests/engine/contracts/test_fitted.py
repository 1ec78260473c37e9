"""What a model says of itself becomes rows, is read again by the next run, and drifts only where something changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.gold.table_file import all_fits, write
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.contracts.fitted import Card, Curve, Fitted, Past, Point, Rival, fit_rows
from ecom_lake.engine.contracts.gate import Gate, decide
from ecom_lake.engine.serve.plots import plots
from ecom_lake.shop.segments.customer_segments_fit import CustomerSegmentsFit
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests import catalog

SETTINGS = MiningSettings()
DAY = date(2018, 8, 31)
CARD = Card(
    predicts="what is to come",
    population="everybody",
    as_of=DAY,
    trained_on="all orders",
    n=100,
    verdict=decide(
        Gate(
            candidate="clever",
            metric="MASE",
            direction="lower",
            requirement="certainly better",
            value=0.5,
            low=0.4,
            high=0.6,
            rival="naive",
            rival_value=0.75,
            difference_low=-0.3,
            difference_high=-0.2,
        )
    ),
    fitted_as_of=DAY,
)
FITTED = Fitted(
    {},
    CARD,
    rivals=[Rival("clever", "MASE", 0.5, 0.4, 0.6), Rival("naive", "MASE", 0.75)],
    curves=[Curve("gain", "clever", [Point(0, 0), Point(1, 1, 0.9, 1.1, label="<all>")])],
    parameters={"slope": 2.0},
    seen={"mean": 10.0},
    notes={"form": "linear"},
)


def rows(fitted: Fitted = FITTED, past: Past | None = None, version: int = 1) -> pl.DataFrame:
    return fit_rows(fitted, past or Past(), version, SETTINGS)


def later(days: int, **changes: object) -> Fitted:
    day = date.fromordinal(DAY.toordinal() + days)
    return replace(FITTED, card=replace(CARD, as_of=day, fitted_as_of=day), **changes)  # type: ignore[arg-type]


def drift(found: pl.DataFrame) -> dict[str, tuple[float, float]]:
    return {row["name"]: (row["x"], row["value"]) for row in found.filter(kind="drift").to_dicts()}


def test_the_next_run_gets_it_back() -> None:
    past = Past(rows())
    assert past.parameters == {"slope": 2.0}
    assert past.seen == {"mean": 10.0}
    assert past.notes["form"] == "linear"
    assert past.fitted_as_of == DAY


def test_a_fit_serves_until_it_is_too_old_or_the_model_or_its_settings_change() -> None:
    past = Past(rows())
    assert past.serves(1, SETTINGS, DAY)
    assert past.serves(1, SETTINGS, date.fromordinal(DAY.toordinal() + SETTINGS.refit_days - 1))
    assert not past.serves(1, SETTINGS, date.fromordinal(DAY.toordinal() + SETTINGS.refit_days))
    assert not past.serves(1, SETTINGS, date.fromordinal(DAY.toordinal() - 1))
    assert not past.serves(2, SETTINGS, DAY)
    assert not past.serves(1, MiningSettings(seed=1), DAY)
    assert not Past().serves(1, SETTINGS, DAY)


def test_drift_is_measured_from_the_last_fit() -> None:
    assert drift(rows()) == {}
    first = Past(rows())
    assert drift(rows(later(100, parameters={"slope": 3.0}, seen={"mean": 11.0}), first)) == {"slope": (2, 3), "mean": (10, 11)}


def test_a_slow_drift_adds_up_while_a_fit_is_kept() -> None:
    past = Past(rows())
    for days in (1, 2, 3):
        kept = later(days, seen={"mean": 10.0 + days})
        kept = replace(kept, card=replace(kept.card, fitted_as_of=DAY))
        found = rows(kept, past)
        past = Past(found)
    assert drift(found)["mean"] == (10, 13)


def test_the_same_day_made_again_is_the_same() -> None:
    assert rows(FITTED, Past(rows())).equals(rows())
    second = rows(later(100, parameters={"slope": 3.0}), Past(rows()))
    assert rows(later(100, parameters={"slope": 3.0}), Past(second)).equals(second)


def test_all_models_stand_in_one_table_each(tmp_path: Path) -> None:
    con = duckdb.connect()
    for fit in catalog.fits():
        given = rows() if fit == CustomerSegmentsFit.table.name else rows().clear()
        con.register(fit, given.to_arrow())
    made = {}
    con.execute(f"create view model_fits as {all_fits(catalog.registry())}")
    for name in ("model_cards", "model_rivals", "model_curves", "model_drift"):
        table = catalog.gold()[name]
        write(con, con.sql(str(catalog.recipe(name).sql)), table, tmp_path / "made.parquet")
        assert audit(con, table, tmp_path / "made.parquet")[0] == {}
        made[table.name] = pl.read_parquet(tmp_path / "made.parquet").to_dicts()
    [card] = made["model_cards"]
    assert {name: card[name] for name in CARD.lines} == CARD.lines
    assert card["model"] == "customer_segments" and card["code_version"].startswith("1-")
    assert [(row["rival"], row["value"], row["is_champion"]) for row in made["model_rivals"]] == [
        ("clever", 0.5, True),
        ("naive", 0.75, False),
    ]
    assert [(row["x"], row["value"], row["label"]) for row in made["model_curves"]] == [(0, 0, None), (1, 1, "<all>")]
    assert made["model_drift"] == []


def test_its_pictures_hold_every_line_and_no_markup_of_others() -> None:
    drawn = plots(rows())
    assert list(drawn) == ["gain"]
    assert drawn["gain"].count("<circle") == 2
    assert "clever" in drawn["gain"] and "&lt;all&gt;" in drawn["gain"] and "<all>" not in drawn["gain"]


@pytest.mark.parametrize("value", [None, 0.0, 5.0])
def test_a_curve_of_one_point_or_none_is_drawn_too(value: float | None) -> None:
    assert plots(rows(replace(FITTED, curves=[Curve("one", "", [Point(0, value)])])))["one"].endswith("</svg>")
