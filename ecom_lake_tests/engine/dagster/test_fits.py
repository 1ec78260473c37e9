"""The UI shows a fitted model's card, rivals and curves, whatever characters their texts contain."""

from __future__ import annotations

import base64
from dataclasses import replace

from ecom_lake.engine.contracts.fitted import Card, Curve, Fitted, Past, Point, Rival, fit_rows
from ecom_lake.engine.contracts.gate import unmeasured
from ecom_lake.engine.dagster.fits import shown_fit
from ecom_lake.shop.settings.mining import MiningSettings

CARD = Card("orders", "everybody", None, "all orders", 12_345, unmeasured("Nothing | to say."))
FITTED = Fitted({}, CARD, [Rival("naive", "MASE", 0.75, 0.7, 0.8)], [Curve("gain", "", [Point(0, 0), Point(1, 1)])])


def shown(fitted: Fitted) -> dict[str, str]:
    return {name: str(value.value) for name, value in shown_fit(fit_rows(fitted, Past(), 1, MiningSettings())).items()}


def test_card_and_rivals_are_tables() -> None:
    made = shown(FITTED)
    assert "| reason |  | `Nothing \\| to say.` |" in made["card"]
    assert "| n | 12,345 |  |" in made["card"]
    assert "| MASE | naive | 0.75 | 0.7 | 0.8 |" in made["rivals"]


def test_a_curve_is_a_picture() -> None:
    kind, picture = shown(FITTED)["gain"].removeprefix("![gain](data:").removesuffix(")").split(";base64,")
    assert kind == "image/svg+xml"
    drawn = base64.b64decode(picture).decode()
    assert drawn.startswith("<svg xmlns=") and drawn.count("<circle") == 2


def test_a_model_without_curves_shows_its_card_and_rivals() -> None:
    assert set(shown(replace(FITTED, curves=()))) == {"card", "rivals"}
