"""Writes again what is generated from the code: the snapshot of the definitions, docs/data_dictionary.md, docs/canonical.md."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ecom_lake.publish.canonical_page import canonical_page
from ecom_lake.publish.dictionary import dictionary_page
from ecom_lake_tests.engine.dagster.snapshot import SNAPSHOT, snapshot
from ecom_lake_tests.project import PROJECT

with tempfile.TemporaryDirectory() as folder:
    SNAPSHOT.write_text(snapshot(Path(folder)))
(PROJECT / "docs/data_dictionary.md").write_text(dictionary_page())
(PROJECT / "docs/canonical.md").write_text(canonical_page())
