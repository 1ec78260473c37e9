"""Mutation tests of the gold SQL: each mutation is a wrong edit, which a contract, an identity or a test must detect.

A mutation is stopped by a contract's rule when its table is audited, by an identity when the shop is released, or by a test.
Here: what stops an edit. Not here: the edits (wrong_edits.py), the contracts of the tables, and the tests themselves.

`python -m ecom_lake_tests.shop.mutations` tries them all and prints what stopped each; `make mutations` runs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ecom_lake_tests import catalog
from ecom_lake_tests.builders.busy_shop import busy_shop
from ecom_lake_tests.builders.hand_shop import MARTS, HandShop
from ecom_lake_tests.catalog import recipe
from ecom_lake_tests.project import PROJECT
from ecom_lake_tests.shop.wrong_edits import MUTATIONS, Mutation

ENOUGH = 0.95


def stopped_by_the_shop(shop: HandShop, mutation: Mutation) -> str | None:
    """The rule or identity that would prevent the release of the wrong table."""
    changed = {mutation.table}
    shop.con.execute("begin")
    try:
        for name in MARTS:
            if name in changed or changed & set(recipe(name).reads):
                changed.add(name)
                query = mutation.sql() if name == mutation.table else recipe(name).sql or ""
                rows, failed, blocks = shop.audited(name, shop.con.sql(query))
                if blocks:
                    return f"contract {name}: {', '.join(failed)}"
                _replace(shop, name, rows.to_arrow())
        return next((f"identity of {table}: {name}" for table, name in _broken(shop)), None)
    finally:
        shop.con.execute("rollback")


def _replace(shop: HandShop, name: str, rows: object) -> None:
    shop.con.register("_changed", rows)
    shop.con.execute(f"create or replace table {name} as select * from _changed")
    shop.con.unregister("_changed")


def _broken(shop: HandShop) -> Iterator[tuple[str, str]]:
    for table in MARTS:
        for identity in catalog.gold()[table].identities:
            if shop.con.execute(f"select * from ({identity.breaks}) limit 1").fetchall():
                yield table, identity.name


def stopping_tests(table: str) -> list[str]:
    """The tests that can stop an edit of a table's query: the table's own first, then those of whole shops."""
    own = f"{catalog.file_of(table).parent.name}/test_{table}.py"
    return [f"ecom_lake_tests/shop/{file}" for file in (own, "test_edges.py", "test_any_shop.py")]


def stopped_by_tests(project: Path, mutation: Mutation) -> str | None:
    """The test that fails in a copy of the project with the edit."""
    file = project / f"{catalog.module_of(mutation.table).replace('.', '/')}.sql"
    kept = file.read_text(encoding="utf-8")
    file.write_text(mutation.sql(), encoding="utf-8")
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", "-x", "-p", "no:cacheprovider", *stopping_tests(mutation.table)],
            cwd=project,
            env=os.environ | {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        failed = [line.split(" ")[1] for line in run.stdout.splitlines() if line.startswith("FAILED")]
        return f"test {failed[0].rpartition('/')[2]}" if failed else None
    finally:
        file.write_text(kept, encoding="utf-8")


def a_copy(folder: Path) -> Path:
    for name in ("ecom_lake", "ecom_lake_tests"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", folder)
    return folder


def main(say: Callable[[str], object] = sys.stdout.write) -> int:
    shop = busy_shop()
    if broken := shop.broken():
        raise LookupError(f"The shop violates its contracts before any edit: {', '.join(sorted(broken))}.")
    stopped: dict[str, int] = {}
    with TemporaryDirectory() as folder:
        project = a_copy(Path(folder))
        for mutation in MUTATIONS:
            by = stopped_by_the_shop(shop, mutation) or stopped_by_tests(project, mutation)
            kind = by.split(" ")[0] if by else "nobody"
            stopped[kind] = stopped.get(kind, 0) + 1
            say(f"{mutation.table:22} {mutation.what:45} {by or 'SURVIVES'}\n")
            sys.stdout.flush()
    share = 1 - stopped.get("nobody", 0) / len(MUTATIONS)
    counts = ", ".join(f"{kind} {n}" for kind, n in sorted(stopped.items()))
    say(f"{len(MUTATIONS)} mutations, stopped by: {counts}; that is {share:.1%} of them.\n")
    return 0 if share >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
