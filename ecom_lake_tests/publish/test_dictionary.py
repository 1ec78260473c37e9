"""The data dictionary in the docs is up to date with the contracts."""

from __future__ import annotations

from ecom_lake.publish.dictionary import dictionary_page
from ecom_lake_tests import catalog
from ecom_lake_tests.project import PROJECT

PAGE = PROJECT / "docs/data_dictionary.md"


def test_the_page_is_generated_from_the_contracts_in_force() -> None:
    assert dictionary_page(catalog.registry()) == PAGE.read_text(encoding="utf-8"), (
        "run `make snapshot`, and look at the difference"
    )
