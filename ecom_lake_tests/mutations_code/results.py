"""What was found out about each edit, kept in a file, so that an interrupted run continues where it stopped.

A result counts as long as the edit, the edited file and the tests near it are the same.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ecom_lake_tests.mutations_code.edit import Edit
from ecom_lake_tests.project import PROJECT

KILLED, SURVIVED = "killed", "survived"
FILE = PROJECT / "build" / "mutations_code.jsonl"


@dataclass(frozen=True)
class Result:
    path: str
    what: str
    status: str
    by: str
    """The first test that failed; empty for an edit that survived."""
    seconds: float


class Results:
    def __init__(self, file: Path) -> None:
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        self._known: dict[str, Result] = {}
        for line in lines:
            kept = json.loads(line)
            key = kept.pop("key")
            self._known[key] = Result(**kept)

    def of(self, edit: Edit) -> Result | None:
        return self._known.get(key_of(edit))

    def add(self, edit: Edit, result: Result) -> None:
        """One line is appended by one write: processes that run at once do not mix their lines."""
        self._known[key_of(edit)] = result
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key_of(edit), **asdict(result)}) + "\n")


def key_of(edit: Edit) -> str:
    """A hash of the edited file and of the tests near it."""
    texts = [edit.applied(), *((PROJECT / "ecom_lake_tests" / test).read_text(encoding="utf-8") for test in edit.tests)]
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=16).hexdigest()
