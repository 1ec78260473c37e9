"""Runs the tests near a wrong edit in a copy of the project, so that an interrupt leaves the project as it was.

Before an edit is judged, its tests must pass without it in the same copy: a test that fails in any case detects nothing.
That run also writes the bytecode which the runs with edits read. Each run is a fork of this process, which has the libraries
in memory: importing them takes longer than most of the tests.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM
from tempfile import TemporaryDirectory
from time import monotonic

from ecom_lake_tests.mutations_code.edit import Edit
from ecom_lake_tests.mutations_code.results import KILLED, SURVIVED, Result
from ecom_lake_tests.project import PROJECT

PACKAGES = ("ecom_lake", "ecom_lake_tests")
LONGEST = 900
"""Seconds after which the tests no longer end: the edit counts as detected where they took less than a tenth of it without it."""
ENDLESS = "the tests do not end"
OPTIONS = [
    *("-o", "addopts="),
    *("-o", "timeout=0"),  # LONGEST decides
    "--import-mode=importlib",
    "-x",
    "-q",
    "--tb=no",
    "--assert=plain",
    *("-p", "no:cacheprovider"),
    *("-p", "pytest_timeout"),
]
"""Without the plugins of other packages and without explained assertions, which take longer than the tests."""
_FAILED = 1
"""The exit code of pytest when tests failed."""


class Copy:
    """A copy of the project, in which one edit at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._passing: dict[tuple[str, ...], tuple[tuple[str, ...], float]] = {}
        """The tests that pass without an edit, with the options that they need and the seconds that they take."""

    def tried(self, edit: Edit) -> Result:
        options, usual = self._unedited(edit.tests)
        started = monotonic()
        file = self._folder / edit.path
        kept, times = file.read_text(encoding="utf-8"), file.stat()
        file.write_text(edit.applied(), encoding="utf-8")
        try:
            code, by = self._run(edit.tests, options, is_edited=True)
        finally:
            file.write_text(kept, encoding="utf-8")
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # so that its bytecode counts again
        if by == ENDLESS and usual > LONGEST / 10:
            raise LookupError(
                f"{edit.path}: the tests took {usual:.0f} s without any edit: try '{edit.what}' on a quieter machine."
            )
        if code not in (0, _FAILED):
            raise LookupError(f"{edit.path}: the tests cannot run with the edit '{edit.what}': {by}")
        return Result(edit.path, edit.what, KILLED if code else SURVIVED, by, round(monotonic() - started, 1))

    def _unedited(self, tests: tuple[str, ...]) -> tuple[tuple[str, ...], float]:
        """The options of a run that passes, and its seconds.

        Without conftest.py where the tests pass without it: importing it takes longer than most of the tests."""
        if tests not in self._passing:
            for options in (("--noconftest",), ()):
                started = monotonic()
                code, by = self._run(tests, options, is_edited=False)
                if not code:
                    self._passing[tests] = options, monotonic() - started
                    return self._passing[tests]
            raise LookupError(f"The tests fail without any edit: {by}")
        return self._passing[tests]

    def _run(self, tests: tuple[str, ...], options: tuple[str, ...], *, is_edited: bool) -> tuple[int, str]:
        """The exit code of pytest, and the first test that failed."""
        output = self._folder / "output.txt"
        run = get_context("fork").Process(target=_run_tests, args=(self._folder, [*OPTIONS, *options], tests, output, is_edited))
        run.start()
        run.join(LONGEST)
        if run.is_alive():
            run.kill()
            run.join()
            return _FAILED, ENDLESS
        if run.exitcode in (-SIGINT, -SIGTERM, -SIGKILL):
            raise InterruptedError("The tests were interrupted: run the command again.")
        text = output.read_text(encoding="utf-8", errors="replace")
        failed = [line.split(" ")[1] for line in text.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        code = run.exitcode if run.exitcode is not None and run.exitcode >= 0 else _FAILED  # a crash is a failure
        return code, failed[0].rpartition("/")[2] if failed else text[-500:] if code else ""


def preload() -> None:
    """Import the libraries that the tests use; each run imports the project's own modules once more, from the copy."""
    import duckdb  # noqa: F401
    import fsspec  # noqa: F401
    import hypothesis  # noqa: F401
    import polars  # noqa: F401
    import psycopg  # noqa: F401
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401
    import pydantic  # noqa: F401
    import pytest  # noqa: F401
    import rich.console  # noqa: F401
    import scipy.optimize
    import scipy.special
    import scipy.stats  # noqa: F401
    from _pytest.config import default_plugins

    import ecom_lake_tests.conftest  # noqa: F401

    for plugin in default_plugins:
        import_module(f"_pytest.{plugin}")
    gc.collect()
    gc.freeze()  # pytest collects garbage at its end, which takes longer than most of the tests if all libraries count


class _NoDeadline:
    """A slow run on a busy machine is not a failure (conftest.py sets the same)."""

    def pytest_configure(self) -> None:
        from hypothesis import settings

        settings.register_profile("no deadline", deadline=None)
        settings.load_profile("no deadline")


def _run_tests(folder: Path, options: list[str], tests: tuple[str, ...], output: Path, is_edited: bool) -> None:
    """In a fork: run the tests of the copy with the code of the copy."""
    import pytest

    with output.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    sys.dont_write_bytecode = is_edited  # an edit has no bytecode, and the bytecode of the unedited file stays
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1" if is_edited else ""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["PYTHONPATH"] = str(folder)
    sys.path[:] = [str(folder), *(path for path in sys.path if path and Path(path) != PROJECT)]
    for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
        del sys.modules[name]
    files = [f"ecom_lake_tests/{test}" for test in tests]
    code = pytest.main([*options, *files], plugins=[_NoDeadline()])
    sys.stdout.flush()
    os._exit(code)


@contextmanager
def project_copy() -> Iterator[Copy]:
    with TemporaryDirectory(prefix="ecom-lake-mutations-") as name:
        folder = Path(name)
        for part in PACKAGES:
            shutil.copytree(PROJECT / part, folder / part)  # with its bytecode
        shutil.copy(PROJECT / "pyproject.toml", folder)
        yield Copy(folder)
