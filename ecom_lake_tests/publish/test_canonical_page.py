"""The page of the canonical files is up to date with the contracts."""

from __future__ import annotations

from ecom_lake.publish.canonical_page import canonical_page
from ecom_lake_tests.project import PROJECT

PAGE = PROJECT / "docs/canonical.md"


def test_the_page_is_generated_from_the_contracts() -> None:
    assert canonical_page() == PAGE.read_text(encoding="utf-8"), "run `make snapshot`, and look at the difference"


def test_it_states_required_columns_and_defaults() -> None:
    page = canonical_page()
    assert "| **unit_price** | price | Price of one unit, before discount. | the row is refused |" in page
    assert "| quantity | integer | Units on the line. | `1` |" in page
    assert "| is_returned | flag | Whether the whole order was sent back; its status then is `returned`. | no |" in page
