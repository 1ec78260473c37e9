"""Locks between processes, with and without flock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ecom_lake.engine.store.file_lock import locked, try_lock

WITHOUT_FCNTL = "import sys; sys.modules['fcntl'] = sys.modules['grp'] = sys.modules['pwd'] = None\n"
HOLD = """
import sys
from pathlib import Path
from ecom_lake.engine.store.file_lock import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""
TRY = """
import sys
from pathlib import Path
from ecom_lake.engine.store.file_lock import try_lock
print("free" if try_lock(Path(sys.argv[1])) else "taken")
"""


def python(script: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("before", ["", WITHOUT_FCNTL], ids=["flock", "without fcntl"])
def test_a_lock_is_held_by_one_process_until_it_ends(tmp_path: Path, before: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", before + HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        assert python(before + TRY, str(folder)) == "taken"
        holder.kill()
    assert python(before + TRY, str(folder)) == "free"
    assert list(folder.iterdir()) == []


def test_a_folder_that_does_not_exist_has_no_lock(tmp_path: Path) -> None:
    assert try_lock(tmp_path / "missing") is None
    with pytest.raises(FileNotFoundError, match="missing"), locked(tmp_path / "missing"):
        pass


def test_without_fcntl_the_engine_can_be_imported_and_a_lake_written(tmp_path: Path) -> None:
    """As on Windows. One process imports the whole engine, locks a lake and opens two caches; the imports take about 2 s."""
    script = """
import ecom_lake.cli, ecom_lake.settings
import pkgutil, importlib, ecom_lake.engine
for module in pkgutil.walk_packages(ecom_lake.engine.__path__, "ecom_lake.engine."):
    if not module.name.startswith("ecom_lake.engine.dagster"):  # Dagster takes seconds, and runs on Windows
        importlib.import_module(module.name)
import sys
from pathlib import Path
from ecom_lake.engine.store.cache import Cache
from ecom_lake.engine.store.lake import Lake
lake = Lake(sys.argv[1] + "/lake", "shop")
with lake.turn(), lake.scratch():
    assert lake.store.create("shop/a", b"1")
first, second = (Cache(Path(sys.argv[1]) / "cache", "store", 1000) for _ in range(2))
print(first.held.is_dir() and second.held.is_dir())
"""
    assert python(WITHOUT_FCNTL + script, str(tmp_path)).splitlines()[-1] == "True"
