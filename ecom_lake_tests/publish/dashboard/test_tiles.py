"""Tiles: the step of a share, and no step for a share of few cases."""

from __future__ import annotations

from datetime import date

import pytest

from ecom_lake.publish.dashboard.tiles import BOUNDS, FEWEST, Share, Tile, TileColumn, Tiles, tiles_of

JANUARY = date(2018, 1, 1)


def tile(part: int, whole: int, is_complete: bool = True) -> Tile | None:
    columns = [TileColumn(JANUARY, "/", is_complete, False)]
    [made] = tiles_of("SP", {JANUARY: Share(part, whole)}, columns, "orders late", "/{:%Y-%m}".format)
    return made


@pytest.mark.parametrize(
    ("part", "step"), [(0, 0), (24, 0), (25, 1), (49, 1), (50, 2), (100, 3), (149, 3), (150, 4), (250, 5), (1000, 5)]
)
def test_a_share_has_the_step_of_its_size(part: int, step: int) -> None:
    made = tile(part, 1000)
    assert made is not None
    assert made.step == step
    assert made.text == f"{part / 10:.0f}"


def test_a_share_of_few_cases_is_stated_and_not_shaded() -> None:
    few, enough = tile(1, FEWEST - 1), tile(1, FEWEST)
    assert few is not None and enough is not None
    assert (few.step, enough.step) == (None, 2)
    assert few.title == "SP, Jan 2018: 1 of 19 orders late, 5.3%"
    assert few.url == "/2018-01"


def test_without_cases_there_is_no_tile_and_an_incomplete_month_says_so() -> None:
    assert tile(0, 0) is None
    incomplete = tile(2, 40, is_complete=False)
    assert incomplete is not None
    assert incomplete.title.endswith("5.0% (incomplete month)")


def test_the_legend_has_a_word_for_each_step() -> None:
    assert Tiles([], []).legend == ("under 2.5%", "2.5 to 5%", "5 to 10%", "10 to 15%", "15 to 25%", "25% and more")
    assert len(Tiles([], []).legend) == len(BOUNDS) + 1
