"""A fitted model's card and numbers are stored as rows and read by the next run; drift is recorded for changed values only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from ecom_lake.engine.contracts.fitted import Past
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake_tests.builders.model_fits import DAY, FITTED, SETTINGS, drift, later, rows


def test_the_next_run_reads_the_last_fit() -> None:
    past = Past(rows())
    assert past.parameters == {"slope": 2.0}
    assert past.seen == {"mean": 10.0}
    assert past.notes["form"] == "linear"
    assert past.fitted_as_of == DAY


def test_a_fit_is_reused_until_it_is_too_old_or_the_model_or_its_settings_change() -> None:
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


def test_a_slow_drift_accumulates_while_a_fit_is_reused() -> None:
    past = Past(rows())
    for days in (1, 2, 3):
        kept = later(days, seen={"mean": 10.0 + days})
        kept = replace(kept, card=replace(kept.card, fitted_as_of=DAY))
        found = rows(kept, past)
        past = Past(found)
    assert drift(found)["mean"] == (10, 13)


def test_a_second_run_of_the_same_day_gives_the_same_rows() -> None:
    assert rows(FITTED, Past(rows())).equals(rows())
    second = rows(later(100, parameters={"slope": 3.0}), Past(rows()))
    assert rows(later(100, parameters={"slope": 3.0}), Past(second)).equals(second)
