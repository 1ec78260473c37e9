"""The commands `init` and `new`: a project folder, and first drafts of a user's own tables, questions, models and maps."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Literal

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import LakeOptions, Options
from ecom_lake.errors import UsageError
from ecom_lake.user_path import file_above, user_path

if TYPE_CHECKING:
    from ecom_lake.engine.config import Settings

Kind = Literal["table", "question", "model"]
_RENAMED = {"env": ".env", "gitignore": ".gitignore"}
"""Files whose names would hide them from the tools that build the package."""
_DRAFT = re.compile(r"draft", re.IGNORECASE)
EXAMPLE_MAP = "web_sales"
"""The map of a new project. Its test is the draft of any map's test, because it has the columns of a drafted map."""
_NEXT = {"table": "describe {name}", "model": "describe {name}", "question": "ask {name}"}


def init(folder: Path, /) -> int:
    """Create a project folder with settings, an example table, question and map, and a README.

    Parameters
    ----------
    folder
        A new or empty folder.
    """
    target = user_path(folder, "FOLDER").absolute()
    if file := file_above(target):
        raise UsageError(f"{file} is a file, and the project would be a folder there: name a new folder.")
    if target.exists() and any(target.iterdir()):
        raise UsageError(f"{target} exists and is not empty: name a new folder.")
    for path, source in _files_of("init"):
        _write(target / path, source.read_text("utf-8"))
    path, test = _map_files(EXAMPLE_MAP)["test_map.py"]
    _write(target / path, test)
    for name in ("maps", "models", "questions", "tables", "tests"):
        (target / name).mkdir(exist_ok=True)
    screen.show(f"Created a project in {target}.", "")
    screen.show(
        f"Next: cd {quote(str(folder))}; then `ecom-lake synth export --full`, `ecom-lake land export` and `ecom-lake build`."
    )
    return 0


def new() -> int:
    """Draft a table, a question, a model or a map of your own, with its test."""
    raise UsageError("Name what to draft: `ecom-lake new table NAME`, `new question NAME`, `new model NAME` or `new map NAME`.")


def table(name: str, /, *, options: Options) -> int:
    """Draft a gold table: tables/NAME.py, tables/NAME.sql and tests/test_NAME.py.

    Parameters
    ----------
    name
        Name of the table, such as weekday_sales.
    """
    return _draft("table", name, options)


def question(name: str, /, *, options: Options) -> int:
    """Draft a question for `ecom-lake ask`: questions/NAME.sql and tests/test_NAME.py.

    Parameters
    ----------
    name
        Name of the question, such as best-weekday.
    """
    return _draft("question", name, options)


def model(name: str, /, *, options: Options) -> int:
    """Draft a model: models/NAME.py, models/NAME_model.py and tests/test_NAME.py.

    Parameters
    ----------
    name
        Name of the model's table, such as next_orders.
    """
    return _draft("model", name, options)


def map(name: str, /, *, options: Options) -> int:  # noqa: A001 (the name of the command)
    """Draft a map by hand: maps/NAME.toml and tests/test_NAME_map.py. `ecom-lake map FILES` drafts one from files.

    Parameters
    ----------
    name
        Name of the map, such as web_shop.
    """
    project = _project(options)
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise UsageError(f"'{name}' cannot name a map: use small letters, digits and underscores, such as web_shop.")
    drafts = dict(_map_files(name).values())
    _refuse_taken(project, drafts)
    for path, text in drafts.items():
        _write(project / path, text)
    screen.show(f"Drafted the map {name}:")
    screen.show_list(str(path) for path in drafts)
    screen.show("", f"Next: edit it; then {LakeOptions(options.root, name, options.project).command('map --check FILES')}")
    return 0


def _map_files(name: str) -> dict[str, tuple[Path, str]]:
    """The drafts of a map and of its test, by the name of their template: the place of each in the project, and its text."""
    places = {"map.toml": Path("maps", f"{name}.toml"), "test_map.py": Path("tests", f"test_{name}_map.py")}
    return {
        path.name: (places[path.name], source.read_text("utf-8").replace("NAME", name)) for path, source in _files_of("new/maps")
    }


def _project(options: LakeOptions) -> Path:
    from ecom_lake.engine.config import NO_CONFIG

    settings = options.settings()
    if settings.registry.folder is None:
        raise UsageError(f"A draft needs a project folder: {NO_CONFIG.format(settings.config.parent)}")
    return settings.registry.folder


def _refuse_taken(project: Path, paths: Iterable[Path]) -> None:
    if taken := [path for path in paths if (project / path).exists()]:
        raise UsageError(f"{project / taken[0]} exists already: choose another name, or delete the file.")


def _draft(kind: Kind, name: str, options: Options) -> int:
    settings = options.settings()
    project = _project(options)
    _refuse_name(kind, name, settings)
    templates = _files_of(f"new/{kind}s")
    drafts = {_place(kind, path, name): _named(source.read_text("utf-8"), name) for path, source in templates}
    _refuse_taken(project, drafts)
    for path, text in drafts.items():
        _write(project / path, text)
    screen.show(f"Drafted the {kind} {name}:")
    screen.show_list(str(path) for path in drafts)
    build, look = options.command("build"), options.command(_NEXT[kind].format(name=name))
    screen.show("", f"Next: edit them and run pytest (`pip install pytest`); then {build} and {look}")
    return 0


def _refuse_name(kind: Kind, name: str, settings: Settings) -> None:
    if kind == "question":
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
            raise UsageError(f"'{name}' cannot name a question: use small letters, digits and hyphens, such as best-weekday.")
        if name in {one.name for one in settings.registry.questions}:
            raise UsageError(f"There is a question {name} already: choose another name.")
        return
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise UsageError(f"'{name}' cannot name a {kind}: use small letters, digits and underscores, such as weekday_sales.")
    if not _can_be_read(name):
        raise UsageError(f"'{name}' is a word of SQL, so that no query could read the table: choose another name.")
    if name in {*settings.registry.gold, *settings.registry.silver}:
        raise UsageError(f"There is a table {name} already: choose another name.")


def _can_be_read(name: str) -> bool:
    """Whether SQL takes the name for a table without quotes."""
    import duckdb

    try:
        duckdb.extract_statements(f"select {name}.* from {name}")
    except duckdb.ParserException:
        return False
    return True


def _place(kind: Kind, path: Path, name: str) -> Path:
    folder = "tests" if path.name.startswith("test_") else f"{kind}s"
    written = name.replace("-", "_") if path.suffix == ".py" else name
    return Path(folder, path.name.replace("draft", written))


def _named(text: str, name: str) -> str:
    """A draft with the name in place of `draft`, and its class name in place of `Draft`."""
    in_class = "".join(part.capitalize() for part in re.split("[-_]", name))
    in_test = name.replace("-", "_")
    text = text.replace("test_draft", f"test_{in_test}")
    return _DRAFT.sub(lambda found: in_class if found[0] == "Draft" else name, text)


def _files_of(folder: str) -> list[tuple[Path, Traversable]]:
    """The files that come with the package under a folder of project_files, each with its place in the project."""
    found: list[tuple[Path, Traversable]] = []
    waiting = [(Path(), files("ecom_lake.project_files").joinpath(*folder.split("/")))]
    while waiting:
        place, here = waiting.pop()
        for entry in sorted(here.iterdir(), key=lambda one: one.name):
            if entry.is_dir() and entry.name != "__pycache__":
                waiting.append((place / entry.name, entry))
            elif entry.is_file():
                found.append((place / _RENAMED.get(entry.name, entry.name), entry))
    return sorted(found, key=lambda one: one[0])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
