"""Charts are inserted into pages without escaping, so their own text must be escaped."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from ecom_lake.engine.contracts.fitted import Curve, Point
from ecom_lake.engine.serve.plots import plot, plots
from ecom_lake_tests.builders.model_fits import FITTED, rows

EVIL = "</text><script>alert(1)</script><image href='http://127.0.0.1:9/x.png'/>"


def test_text_from_the_data_is_escaped() -> None:
    point = {"series": EVIL, "x": 1.0, "value": 2.0, "low": 1.0, "high": 3.0, "said": EVIL, "position": 1}
    drawn = ElementTree.fromstring(plot(EVIL, [point, point | {"x": 2.0, "position": 2}]))
    assert not {"script", "image"} & {element.tag.rsplit("}")[-1] for element in drawn.iter()}
    assert sum(EVIL in "".join(element.itertext()) for element in drawn.iter() if element.tag.endswith("text")) >= 2


def test_a_picture_has_every_line_and_no_foreign_markup() -> None:
    drawn = plots(rows())
    assert list(drawn) == ["gain"]
    assert drawn["gain"].count("<circle") == 2
    assert "clever" in drawn["gain"] and "&lt;all&gt;" in drawn["gain"] and "<all>" not in drawn["gain"]


@pytest.mark.parametrize("value", [None, 0.0, 5.0])
def test_a_curve_of_one_point_or_none_is_drawn_too(value: float | None) -> None:
    assert plots(rows(replace(FITTED, curves=[Curve("one", "", [Point(0, value)])])))["one"].endswith("</svg>")
