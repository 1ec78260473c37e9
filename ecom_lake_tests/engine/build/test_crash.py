"""`kill -9` during a build: readers see a complete release, and the next build writes the same bytes."""

from __future__ import annotations

from pathlib import Path

from ecom_lake_tests.engine.build.crash import prepare, survive


def test_a_killed_build_leaves_a_complete_release_and_the_next_one_writes_the_same_bytes(tmp_path: Path) -> None:
    victim, before, wanted, lasts = prepare(tmp_path, 400)
    survived = [survive(victim.copy(tmp_path / str(share)), before, wanted, share * lasts) for share in (0.05, 0.3, 0.55, 0.8)]
    assert any(survived), "every build finished before it was killed"
