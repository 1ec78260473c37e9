"""The data dictionary in the docs is up to date with the contracts."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.publish.dictionary import dictionary_page

PAGE = Path(__file__).parents[2] / "docs/data_dictionary.md"


def test_the_page_is_generated_from_the_contracts_in_force() -> None:
    assert dictionary_page() == PAGE.read_text(encoding="utf-8"), "run `make snapshot`, and look at the difference"
