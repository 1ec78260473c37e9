"""The scripts that install what some tests need, on a machine that has none of it and where nothing may be installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ecom_lake_tests.project import PROJECT

NEEDED = ("bash", "env", "dirname", "cat", "sort", "tail", "id", "mktemp", "rm", "sh")


@pytest.mark.parametrize("name", sorted(file.name for file in (PROJECT / "tools").glob("*.sh")))
def test_a_machine_without_the_program_and_without_a_way_to_install_it_skips_with_a_sentence(tmp_path: Path, name: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in NEEDED:
        (programs / program).symlink_to(str(shutil.which(program)))
    find = programs / "find"  # as where the folder of PostgreSQL is missing
    find.write_text("#!/bin/sh\nexit 1\n")
    find.chmod(0o755)
    script = (PROJECT / "tools" / name).read_text(encoding="utf-8").replace(":/usr/sbin:/usr/local/sbin", "")
    copy = tmp_path / "tools" / name
    copy.parent.mkdir()
    copy.write_text(script, encoding="utf-8")
    done = subprocess.run(
        ["bash", str(copy)], env={"PATH": str(programs), "HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "skipped" in done.stdout or "without Microsoft's validators" in done.stdout
