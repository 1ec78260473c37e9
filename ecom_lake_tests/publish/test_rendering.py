"""Numbers as people read them on pages."""

from __future__ import annotations

import pytest

from ecom_lake.publish.pages.rendering import _environment, amount, percent, printable


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0%"), (1, "100%"), (0.00001, "< 0.01%"), (0.0043, "0.43%"), (0.25, "25.0%"), (0.9951, "99.51%"), (0.99999, "99.99%"),
        (1.804, "180.4%"), (1.004, "100.4%"), (-0.0043, "-0.43%"), (-0.3976, "-39.8%"), (-1, "-100.0%"),
    ],
)  # fmt: skip
def test_shares_and_growth_as_percentages(share: float, text: str) -> None:
    assert percent(share) == text


def test_an_amount_is_printable_and_a_control_character_is_not() -> None:
    assert printable(amount(1_200, currency="R$")) == "R$\N{NO-BREAK SPACE}1,200"
    assert printable("a\u200bb\x07") == "a\\u200bb\\u0007"


def test_templates_are_compiled_once_for_each_currency() -> None:
    reais, euros, none = (_environment(currency) for currency in ("R$", "€", None))
    assert _environment("R$") is reais
    shown = [environment.from_string("{{ 1200|amount }}").render() for environment in (reais, euros, none)]
    assert shown == ["R$\N{NO-BREAK SPACE}1,200", "€\N{NO-BREAK SPACE}1,200", "1,200"]
