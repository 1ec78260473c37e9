"""A project in its folder: written so that an interrupted run can be repeated, and that nothing of the user's is lost.

The folder records the hash of each file that was written. A file with another hash was changed by its user: a changed report is
kept, a changed model is an error, and either is replaced only where the user says so. Files that Power BI adds (`.pbi`) stay.
Not here: what is in the files (`project.py`).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ecom_lake.errors import UsageError
from ecom_lake.publish.powerbi.project import MODEL, REPORT
from ecom_lake.words import counted

RECORD = ".ecom_lake.json"
Artifact = Literal["model", "report"]
_FOLDERS: Mapping[Artifact, str] = {"model": MODEL, "report": REPORT}
_OF_POWER_BI = ".pbi"
_UNFINISHED = ".new"
"""The ending of a file that is being written."""
ABSENT = "absent"
"""Recorded like a hash, of a file that an interrupted update may not have written yet, or have deleted already."""


@dataclass(frozen=True)
class Written:
    files: int
    kept: tuple[str, ...]
    """The files of a changed report, which were kept."""


def write_project(folder: Path, files: Mapping[str, str], overwrite: Collection[Artifact] = ()) -> Written:
    """Write the files into a new or empty folder, or update one that was written before. Raises `UsageError` where it may not."""
    folder = folder.resolve()
    if not folder.exists():
        _create(folder, files)
        return Written(len(files), ())
    recorded = {} if _is_empty(folder) else _recorded(folder)
    changed = {artifact: sorted(_changed(folder, artifact, recorded)) for artifact in _FOLDERS}
    if changed["model"] and "model" not in overwrite:
        raise UsageError(
            f"{folder}: {_listed(changed['model'])} of the model changed since it was written. Keep a copy of your changes, "
            "then run again with --overwrite model."
        )
    kept = tuple(changed["report"]) if "report" not in overwrite else ()
    _update(folder, {path: text for path, text in files.items() if not (kept and _is_of(path, "report"))}, recorded, kept)
    return Written(len(files), kept)


def _is_empty(folder: Path) -> bool:
    """Whether it has no file but a record that an interrupted run did not finish."""
    return {file.name for file in folder.iterdir()} <= {f".{RECORD}{_UNFINISHED}"}


def _create(folder: Path, files: Mapping[str, str]) -> None:
    """All files appear together: they are written beside the folder, which is then renamed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        made = Path(scratch, folder.name)
        for path, text in files.items():
            _put(made / path, text)
        _put(made / RECORD, _record(files.items()))
        made.replace(folder)


def _update(folder: Path, files: Mapping[str, str], recorded: Mapping[str, Collection[str]], kept: Collection[str]) -> None:
    """File by file. Until the end both hashes of a file are recorded, so that an interrupted update is not the user's change."""
    earlier = {path: hashes for path, hashes in recorded.items() if not (kept and _is_of(path, "report"))}
    of_kept = {path: [*hashes] for path, hashes in recorded.items() if path not in earlier}
    both = {path: _either(path, earlier, files) for path in {*earlier, *files}}
    _put(folder / RECORD, _json({**both, **of_kept}))
    for path, text in files.items():
        _put(folder / path, text)
    for path in sorted(earlier.keys() - files.keys(), reverse=True):
        _remove(folder, path)
    for path in _strangers(folder, files, kept):
        _remove(folder, path)
    _put(folder / RECORD, _json({**{path: [hash_of(text)] for path, text in files.items()}, **of_kept}))


def _either(path: str, earlier: Mapping[str, Collection[str]], files: Mapping[str, str]) -> list[str]:
    """The hashes that a file may have during an update."""
    after = [hash_of(files[path])] if path in files else [ABSENT]
    return sorted({*earlier.get(path, (ABSENT,)), *after})


def _strangers(folder: Path, files: Mapping[str, str], kept: Collection[str]) -> list[str]:
    """Files that a user added to what is replaced, and those that an interrupted run did not finish."""
    replaced = [artifact for artifact in _FOLDERS if not (kept and artifact == "report")]
    present = {path for artifact in replaced for path in _present(folder, artifact)}
    unfinished = {
        file.relative_to(folder).as_posix() for file in folder.rglob(f".*{_UNFINISHED}") if _OF_POWER_BI not in file.parts
    }
    return sorted((present - files.keys()) | unfinished, reverse=True)


def _changed(folder: Path, artifact: Artifact, recorded: Mapping[str, Collection[str]]) -> Iterable[str]:
    """The files that were changed, added or deleted since they were written."""
    present = set(_present(folder, artifact))
    for path in present | {path for path in recorded if _is_of(path, artifact)}:
        if path not in recorded:
            yield path
        elif path not in present:
            if ABSENT not in recorded[path]:
                yield path
        elif hash_of((folder / path).read_text(encoding="utf-8")) not in recorded[path]:
            yield path


def _present(folder: Path, artifact: Artifact) -> Iterable[str]:
    for file in (folder / _FOLDERS[artifact]).rglob("*"):
        if file.is_file() and _OF_POWER_BI not in file.parts and file.suffix != _UNFINISHED:
            yield file.relative_to(folder).as_posix()


def _is_of(path: str, artifact: Artifact) -> bool:
    return path.startswith(f"{_FOLDERS[artifact]}/")


def _recorded(folder: Path) -> dict[str, list[str]]:
    """The known hashes of each file."""
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return {str(path): [str(one) for one in hashes] for path, hashes in content["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{folder} is not empty, and `ecom-lake powerbi` did not write it: name a new folder, or an empty one."
        ) from None


def hash_of(text: str) -> str:
    """The hash of a file, whatever its line ends: Git and Windows change them."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def _record(files: Iterable[tuple[str, str]]) -> str:
    return _json({path: [hash_of(text)] for path, text in files})


def _json(hashes: Mapping[str, list[str]]) -> str:
    note = "Hashes of the files as `ecom-lake powerbi` wrote them: files that differ were changed by you and are not replaced."
    return json.dumps({"note": note, "files": dict(sorted(hashes.items()))}, indent=1) + "\n"


def _put(file: Path, text: str) -> None:
    """The file appears whole, or stays as it was."""
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_name(f".{file.name}{_UNFINISHED}")
    scratch.write_text(text, encoding="utf-8", newline="\n")
    scratch.replace(file)


def _remove(folder: Path, path: str) -> None:
    (folder / path).unlink(missing_ok=True)
    for parent in (folder / path).parents:
        if parent == folder or (parent.exists() and any(parent.iterdir())):
            return
        if parent.exists():
            parent.rmdir()


def _listed(paths: list[str]) -> str:
    return f"{counted(len(paths), 'file')} ({', '.join(paths[:3])}{', …' if len(paths) > 3 else ''})"
