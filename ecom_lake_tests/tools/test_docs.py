"""The docs have no broken references: links between pages, anchors, and paths of the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "data/README.md"])
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")
_CODE = re.compile(r"`((?:ecom_lake|ecom_lake_tests|benchmarks|tools|docs|engine|shop|publish|statistics)/[\w./-]+\.\w+)`")
_EXAMPLE = re.compile(r"weekday|yours|best-weekday|<")
"""Names of files that the reader of a how-to creates."""


def _ids(pages: list[Path]) -> list[str]:
    return [page.relative_to(ROOT).as_posix() for page in pages]


@pytest.mark.parametrize("page", PAGES, ids=_ids(PAGES))
def test_links_and_paths_exist(page: Path) -> None:
    text = page.read_text()
    assert [*_broken_links(page, text), *_missing_paths(text)] == []


def _broken_links(page: Path, text: str) -> Iterator[str]:
    for target, anchor in _LINK.findall(text):
        found = (page.parent / target).resolve() if target else page
        if not found.exists():
            yield f"no file: {target}"
        elif anchor and anchor not in _anchors(found):
            yield f"no heading: {target}#{anchor}"


def _missing_paths(text: str) -> Iterator[str]:
    for path in _CODE.findall(text):
        places = (ROOT / path, ROOT / "ecom_lake" / path)
        if not _EXAMPLE.search(path) and not any(place.exists() for place in places):
            yield f"no such code: {path}"


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub generates from the headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
