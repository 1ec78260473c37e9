"""Drafts of small files for tests."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.engine.mapping.draft.draft import Draft, make_draft
from ecom_lake.engine.mapping.draft.drafted import DraftCell
from ecom_lake.engine.mapping.draft.read_files import read_files
from ecom_lake.shop.connectors.canonical.drafting import draft_targets

Rows = list[tuple[object, ...]]


def draft(folder: Path, **files: tuple[str, Rows]) -> Draft:
    """A draft of files, each given as its header and its rows."""
    paths = []
    for name, (header, rows) in files.items():
        path = folder / f"{name}.csv"
        path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", "utf-8")
        paths.append(path)
    read = read_files(paths)
    assert not read.refused
    return make_draft(read.kinds, draft_targets())


def cell(made: Draft, table: str, target: str) -> DraftCell:
    return next(facet for facet in made.facets if facet.table == table)[target]
