"""What a shop may say in lake.toml of what it does not have, and what it is told where that is nothing known."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.errors import UserError
from ecom_lake.settings import load


def without(folder: Path, said: str) -> tuple[str, ...]:
    config = folder / "lake.toml"
    config.write_text(f'[shops.mine]\nconnector = "canonical"\nwithout = {said}\n', encoding="utf-8")
    return load(None, {"ECOM_LAKE_CONFIG": str(config)}).shop("mine").without


def test_a_shop_may_be_without_tables_and_columns(tmp_path: Path) -> None:
    assert without(tmp_path, "[]") == ()
    assert without(tmp_path, '["orders.ordered_at"]') == ("orders.ordered_at",)
    assert without(tmp_path, '["payments", "products.unit_cost"]') == ("payments", "products.unit_cost")


@pytest.mark.parametrize(("said", "readers"), [("", ""), ('readers = "analysts"', "analysts")])
def test_readers_are_a_group_or_nobody(tmp_path: Path, said: str, readers: str) -> None:
    (tmp_path / "lake.toml").write_text(said, encoding="utf-8")
    assert load(None, {"ECOM_LAKE_CONFIG": str(tmp_path / "lake.toml")}).access.readers == readers


def test_readers_that_are_no_name_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lake.toml").write_text("readers = 7", encoding="utf-8")
    with pytest.raises(UserError, match="must be the name of a group of this machine"):
        load(None, {"ECOM_LAKE_CONFIG": str(tmp_path / "lake.toml")})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('["product.unit_cost"]', "which is nothing that a shop may do without; did you mean 'products.unit_cost'?"),
        ('["orders"]', "which is nothing that a shop may do without"),
        ('["orders.order_id"]', "which is nothing that a shop may do without"),
        ('["moonlight"]', "docs/canonical.md lists the tables and columns."),
        ('"payments"', "without must be a list of tables and columns"),
        ("[1]", "without must be a list of tables and columns"),
    ],
)
def test_nobody_can_be_without_what_is_not_there_or_must_be(tmp_path: Path, said: str, told: str) -> None:
    with pytest.raises(UserError, match=r"\[shops\.mine\] in .*lake\.toml") as error:
        without(tmp_path, said)
    assert told in str(error.value)
    assert str(error.value).count("\n") == 0
