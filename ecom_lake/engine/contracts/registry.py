"""The registry: every table, question and connector of a project, found in the business's package and in the user's folder.

Here: finding and reading definitions, and the order in which tables are made. Tables, questions and connectors are read when
the first of them is asked for: a command that needs none does not wait for them. A wrong definition of the user is left out with
a message, and disables nothing else. An error in the package itself is raised.
Not here: which of the tables a shop gets (engine/build/release/offer.py), and how they are made (engine/build/gold/).
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType

from ecom_lake.engine.contracts.by_month import why_not_by_month
from ecom_lake.engine.contracts.connector import Connector
from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.contracts.domain import Domain
from ecom_lake.engine.contracts.model_fit import ModelFit
from ecom_lake.engine.contracts.order_index import OrderIndex
from ecom_lake.engine.contracts.personal import with_decisions
from ecom_lake.engine.contracts.project_folder import as_package
from ecom_lake.engine.contracts.question import Question, Shared, read_question
from ecom_lake.engine.contracts.recipe import MODEL_SNAPSHOTS, RESERVED, Recipe, read_recipe
from ecom_lake.engine.contracts.sql_tables import tables_in
from ecom_lake.engine.contracts.table import Contract, Table
from ecom_lake.engine.contracts.text_file import read_text
from ecom_lake.errors import UsageError, UserError

_PACKAGE = Path(__file__).parents[2]
_NOT_AREAS = ("connectors", "exports", "maps", "questions", "settings")
MAPS = "maps"
"""The folder of maps, in the package and in a project folder."""
_CONTRACTS = {
    "silver": re.compile(r"^class \w+\(Silver\b", re.MULTILINE),
    "gold": re.compile(r"^class \w+\((Gold|ModelFit)\b", re.MULTILINE),
}
"""How a module that defines a table of a layer is recognized without importing it."""
_HOW_MADE = {True: "that is made by month: write monthly=True", False: "that is not made by month: remove monthly=True"}
PROJECT_AREAS = ("tables", "models")
"""The folders of a project folder that hold contracts."""


@dataclass(frozen=True)
class Definition:
    """A table, and the file of its contract."""

    table: Table
    module: str
    file: Path
    is_own: bool = False
    """Whether the user's project folder defines it."""


class CircleError(UserError):
    """Tables that read each other; tables that read one of them are named too."""

    def __init__(self, tables: Iterable[str]) -> None:
        self.tables = frozenset(tables)
        super().__init__(f"These gold tables read each other in a circle: {', '.join(sorted(self.tables))}.")


@dataclass(frozen=True)
class _Found:
    """The definitions of all tables, and the user's tables with an error."""

    definitions: Mapping[str, Definition]
    invalid: Mapping[str, str]


class Registry:
    """The definitions of a project. `folder` is the user's project folder; without one, only the package is read.

    `definitions`: these tables, instead of those that would be found. `why_refused`: a check of the user's tables that the
    settings ask for."""

    def __init__(
        self,
        domain: Domain,
        folder: Path | None = None,
        definitions: Mapping[str, Definition] | None = None,
        why_refused: WhyRefused | None = None,
    ) -> None:
        self.domain = domain
        self.folder = folder
        self._given = definitions
        self._why_refused = why_refused

    # ------------------------------------------------------------------------------------------------------- tables

    @cached_property
    def _found(self) -> _Found:
        if self._given is not None:
            return _Found(self._given, {})
        package = {found.table.name: found for layer in _CONTRACTS for found in _of_package(self.domain, layer)}
        return _with_own(package, self.folder, self.domain, self._why_refused) if self.folder else _Found(package, {})

    @property
    def _definitions(self) -> Mapping[str, Definition]:
        return self._found.definitions

    @property
    def invalid(self) -> Mapping[str, str]:
        """The user's tables with an error, and the error of each."""
        return self._found.invalid

    @cached_property
    def silver(self) -> Mapping[str, Table]:
        """The package's alone, because users define no silver tables."""
        return dict(sorted((found.table.name, found.table) for found in _of_package(self.domain, "silver")))

    @cached_property
    def gold(self) -> Mapping[str, Table]:
        return {name: found.table for name, found in sorted(self._definitions.items()) if found.table.layer == "gold"}

    @cached_property
    def fits(self) -> Mapping[str, str]:
        """The tables with a fitted model, by the name of the model."""
        key = ModelFit.table.key
        return {name.removesuffix("_fit"): name for name, table in self.gold.items() if table.key == key}

    def table(self, name: str) -> Table:
        return self._definitions[name].table

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Every contract, of silver and gold."""
        return {name: found.table for name, found in self._definitions.items()}

    def definition(self, name: str) -> Definition:
        return self._definitions[name]

    def relative_path(self, file: Path) -> str:
        """The path of a definition's file, from the folder of the package `ecom_lake` or from the user's project folder."""
        roots = (_PACKAGE, *([self.folder] if self.folder else []))
        return next((file.relative_to(root).as_posix() for root in roots if file.is_relative_to(root)), str(file))

    @property
    def unread_files(self) -> list[tuple[Path, str]]:
        """Files of the project folder that look like parts of a table and are read by nothing, and why."""
        folders = [self.folder / area for area in PROJECT_AREAS] if self.folder else []
        return [found for folder in folders for found in _unread(folder)]

    @property
    def own_tables(self) -> tuple[Definition, ...]:
        """The user's tables that are built."""
        return tuple(found for _, found in sorted(self._definitions.items()) if found.is_own)

    def recipe(self, table: str) -> Recipe:
        """How a gold table is made, or the table that it is made together with."""
        return self._recipes[table]

    @cached_property
    def in_order(self) -> tuple[str, ...]:
        """The gold tables, each after the tables that it reads; tables that read the lake's own records come last."""
        made: list[str] = []
        waiting = set(self.gold)
        while waiting:
            ready = sorted(table for table in waiting if not waiting & set(self.recipe(table).reads))
            ready = [table for table in ready if not self.recipe(table).reads_own_tables] or ready
            if not ready:
                raise CircleError(waiting)
            made += ready
            waiting -= set(ready)
        return tuple(made)

    @cached_property
    def _recipes(self) -> Mapping[str, Recipe]:
        recipes: dict[str, Recipe] = {}
        for name, table in self.gold.items():
            if not table.beside:
                recipe = self._read_recipe(self._definitions[name])
                recipes |= dict.fromkeys(recipe.tables, recipe)
        return recipes

    def _read_recipe(self, found: Definition) -> Recipe:
        others = [one.table for one in self._definitions.values() if one.table.beside == found.table.name]
        recipe = read_recipe((found.table, *others), found.module, found.file, self.fits)
        recipe = replace(recipe, reads=tuple(sorted({*recipe.reads, *self._read_for_snapshots(recipe)})))
        for read in recipe.reads:
            if read not in self._definitions and read not in RESERVED:
                near = difflib.get_close_matches(read, self._definitions, 1)
                hint = f"; did you mean {near[0]}?" if near else "."
                raise ValueError(f"{recipe.file}: it reads the table {read}, which does not exist{hint}")
        for table, identity, read in self._unread(recipe):
            raise ValueError(
                f"{found.file}: the identity {identity} of {table} reads {read}, which is not an input of the model. A model is "
                "compared with the inputs that it ran on: state the identity in the contract of a table that is made from the "
                f"model, or add {read} to READS."
            )
        if found.table.monthly and (why := why_not_by_month(recipe, self.tables)):
            raise ValueError(f"{found.file}: {why}")
        return recipe

    def _read_for_snapshots(self, recipe: Recipe) -> tuple[str, ...]:
        """What a recipe reads without naming it: a model the as-of date, and a table about snapshots the compared tables."""
        declared = self.domain.snapshots
        if declared is None:
            return ()
        if MODEL_SNAPSHOTS in recipe.names:
            return declared.tables
        return (declared.table,) if recipe.fit else ()

    def _unread(self, recipe: Recipe) -> Iterator[tuple[str, str, str]]:
        """The tables that an identity of a model reads although the model does not: table, identity, table read.

        Tables of other models are allowed: the models that an identity compares run together."""
        known = {*recipe.reads, *recipe.tables}
        for contract in recipe.contracts if recipe.fit else ():
            for identity in contract.identities:
                unread = (read for read in tables_in(identity.breaks) if read not in known and not self._is_of_a_model(read))
                yield from ((contract.name, identity.name, read) for read in unread)

    def _is_of_a_model(self, table: str) -> bool:
        """Whether a table is made together with a fit."""
        found = self._definitions.get(table)
        maker = found and (found.table.beside or table)
        return any(maker == self.table(fit).beside for fit in self.fits.values())

    def compared_models(self, recipe: Recipe) -> tuple[Recipe, ...]:
        """This model and all models that identities compare with it, directly or through another one: they run together."""
        return next(group for group in self._compared_models if recipe in group)

    @cached_property
    def _compared_models(self) -> tuple[tuple[Recipe, ...], ...]:
        groups: list[set[str]] = []
        for model in dict.fromkeys(self.recipe(fit) for fit in self.fits.values()):
            identities = [identity for contract in model.contracts for identity in contract.identities]
            read = {read for identity in identities for read in tables_in(identity.breaks)}
            group = {model.table, *(self.recipe(other).table for other in read if self._is_of_a_model(other))}
            joined = [other for other in groups if other & group]
            groups = [*(other for other in groups if other not in joined), group.union(*joined)]
        return tuple(tuple(self.recipe(table) for table in sorted(group)) for group in groups)

    def wrong_recipes(self) -> dict[str, str]:
        """The user's tables that cannot be made, and why."""
        wrong: dict[str, str] = {}
        for found in self.own_tables:
            maker = self._definitions.get(found.table.beside) if found.table.beside else found
            if maker is None:
                wrong[found.table.name] = f"{found.file}: it is made together with {found.table.beside}, which does not exist."
                continue
            try:
                recipe = self._read_recipe(maker)
                if self._why_refused and (why := self._why_refused(self, recipe)):
                    wrong[found.table.name] = why
            except ValueError as error:
                wrong[found.table.name] = str(error)
            except Exception as error:
                wrong[found.table.name] = _sentence(error, found.file)
        return wrong or self._circle()

    def _circle(self) -> dict[str, str]:
        if not self.own_tables:  # the package alone has no circle, and reading the SQL of all tables takes as long as a page
            return {}
        try:
            _ = self.in_order
        except CircleError as error:
            return {one.table.name: f"{one.file}: {error}" for one in self.own_tables if one.table.name in error.tables}
        return {}

    # ---------------------------------------------------------------------------------------------------- questions

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The valid questions, in the order of their headings."""
        order = self.question_groups
        found = [one for one in self._question_files.values() if isinstance(one, Question)]
        return tuple(sorted(found, key=lambda question: (order.index(question.group), question.name)))

    @cached_property
    def question_groups(self) -> tuple[str, ...]:
        return (*self.domain.question_groups, OWN_QUESTIONS)

    @property
    def invalid_questions(self) -> dict[str, str]:
        """The questions whose files have an error, and the error of each; they disable no other question."""
        return {name: str(why) for name, why in sorted(self._question_files.items()) if isinstance(why, ValueError)}

    @cached_property
    def question_folders(self) -> tuple[Path, ...]:
        folders = [_folder_of(f"{self.domain.package}.questions")]
        return (*folders, *([self.folder / "questions"] if self.folder else []))

    @cached_property
    def _question_files(self) -> dict[str, Question | ValueError]:
        found: dict[str, Question | ValueError] = {}
        shared = Shared()
        for folder in self.question_folders:
            shared = shared.with_folder(folder)
            for file in sorted(folder.glob("*.sql")):
                try:
                    if file.stem in found:
                        raise ValueError(f"{file.name}: there is a question {file.stem} already; rename the file.")
                    found[file.stem] = read_question(file, shared, self.question_groups, OWN_QUESTIONS)
                except ValueError as error:
                    found.setdefault(file.stem, error)
        return found

    # --------------------------------------------------------------------------------------------------- connectors

    def connector(self, name: str, place: str) -> Connector:
        """The connector of a name: the package of that name in `connectors/`. `place` is where the name is written."""
        self._refuse_unknown_connector(name, place)
        values = vars(importlib.import_module(f"{self.domain.package}.connectors.{name}")).items()
        found = [value for word, value in values if isinstance(value, Connector) and value.name == name and word[0] != "_"]
        if len(found) != 1:
            raise TypeError(f"connectors/{name}/__init__.py must define one Connector called '{name}', and defines {len(found)}.")
        return found[0]

    def delivered(self, connector: str, place: str, is_undated: bool = False) -> tuple[Delivered, ...]:
        """The files that a connector reads: of its module in `exports/`, which needs no Polars; without one, of the connector."""
        self._refuse_unknown_connector(connector, place)
        exports = f"{self.domain.package}.exports"
        if importlib.util.find_spec(f"{exports}.{connector}") is None:
            found = self.connector(connector, place)
            return (found.undated if is_undated and found.undated else found).delivered
        files = importlib.import_module(f"{exports}.{connector}")
        return getattr(files, "UNDATED_DELIVERED", files.DELIVERED) if is_undated else files.DELIVERED  # type: ignore[no-any-return]

    def _refuse_unknown_connector(self, name: str, place: str) -> None:
        package = importlib.import_module(f"{self.domain.package}.connectors")
        known = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.ispkg)
        if name not in known:
            hint = f" '{name}' is a map: write map = \"{name}\" instead of connector." if name in self._map_names() else ""
            raise UsageError(f"{place} names the connector '{name}', which does not exist; known are: {', '.join(known)}.{hint}")

    @property
    def map_folders(self) -> tuple[Path, ...]:
        return (_folder_of(self.domain.package) / MAPS, *([self.folder / MAPS] if self.folder else []))

    def _map_names(self) -> set[str]:
        return {file.stem for folder in self.map_folders for file in folder.glob("*.toml")}

    def map_file(self, name: str, place: str) -> Path:
        """The file of a map: of its name, or of its path in the project folder. `place` is where the name is written."""
        files = [file for folder in self.map_folders for file in sorted(folder.glob("*.toml"))]
        by_name = {file.stem: file for file in reversed(files)}
        if clashes := [file for file in files if by_name[file.stem] != file]:
            theirs = clashes[0]
            raise UserError(f"{theirs}: there is a map '{theirs.stem}' that ships with the package already. Rename the file.")
        if not name.endswith(".toml"):
            if name in by_name:
                return by_name[name]
            known = f"known are: {', '.join(sorted(by_name))}" if by_name else "there are none"
            raise UsageError(f"{place} names the map '{name}', which does not exist; {known}.")
        file = (self.folder or Path()) / name
        if not file.is_file():
            raise UsageError(f"{place} names the map '{name}', but there is no file {file}.")
        return file


WhyRefused = Callable[[Registry, Recipe], str | None]
"""Why a table cannot be made with the settings in force, in a sentence with its file; None if it can."""
OWN_QUESTIONS = "Your own questions"
"""The heading of the user's questions without a group."""


@cache
def _of_package(domain: Domain, layer: str) -> tuple[Definition, ...]:
    """The definitions of a layer in the package, with the order index, which the engine itself builds.

    They change only with the code."""
    found: list[Definition] = []
    if layer == OrderIndex.table.layer:
        found += _definitions_in(importlib.import_module(OrderIndex.__module__), domain, layer)
    for area in pkgutil.iter_modules([str(_folder_of(domain.package))]):
        if area.ispkg and area.name not in _NOT_AREAS:
            for name in _modules_in(_folder_of(f"{domain.package}.{area.name}"), layer):
                found += _definitions_in(importlib.import_module(f"{domain.package}.{area.name}.{name}"), domain, area.name)
    return tuple(found)


def _of_project(folder: Path, domain: Domain) -> dict[str, Definition | str]:
    """The definitions of a project folder by table; for a file that cannot be read, the reason."""
    found: dict[str, Definition | str] = {}
    package = as_package(folder)
    for area in PROJECT_AREAS:
        for file in _modules(folder / area):
            name = file.stem
            try:
                if not _defines(read_text(file), _CONTRACTS):
                    continue
                module = importlib.import_module(f"{package}.{area}.{name}")
                own = [replace(one, is_own=True) for one in _definitions_in(module, domain, area)]
                found |= {one.table.name: one for one in own}
                if not own:
                    found[name] = f"{file}: it defines no contract: write a class that inherits from Gold."
            except Exception as error:
                found[name] = _sentence(error, file)
    return found


def _with_own(package: Mapping[str, Definition], folder: Path, domain: Domain, why_refused: WhyRefused | None = None) -> _Found:
    """The tables with the user's; a table with an error, or that reads such a table, is left out."""
    definitions, invalid = dict(package), dict[str, str]()
    for name, found in _of_project(folder, domain).items():
        problem = found if isinstance(found, str) else _why_refused(found, package)
        if isinstance(found, Definition) and problem is None:
            definitions[name] = found
        elif problem is not None:
            invalid[name] = problem
    while problems := Registry(domain, folder, definitions, why_refused).wrong_recipes():
        invalid |= problems
        definitions = {name: found for name, found in definitions.items() if name not in problems}
        definitions |= {name: package[name] for name in problems if name in package}
    return _Found(definitions, invalid)


def _why_refused(found: Definition, known: Mapping[str, Definition]) -> str | None:
    name = found.table.name
    if found.table.layer != "gold":
        return f"{found.file}: {name} must be a Gold table; silver tables are made by connectors and maps."
    if name in RESERVED:
        return f"{found.file}: {name} is a name that ecom_lake uses itself; give the table another one."
    if name not in known:
        return None
    original = known[name].table
    if not found.table.overrides:
        return f"{found.file}: there is a table {name} already. Rename yours, or write overrides = True to replace it."
    if found.table.monthly != original.monthly:
        return f"{found.file}: {name} replaces a table {_HOW_MADE[original.monthly]}, which others rely on."
    if missing := [column for column in original.columns if column not in found.table.columns]:
        return f"{found.file}: {name} replaces a table that has the column {missing[0]}, which others read: keep the column."
    return None


def _modules_in(folder: Path, *layers: str) -> list[str]:
    """The modules of a folder that define a contract of these layers.

    Other modules are helpers, which are imported only when they are needed."""
    return sorted(file.stem for file in _modules(folder) if _defines(read_text(file), layers))


def _modules(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.py") if file.stem.isidentifier())


def _unread(folder: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(folder.glob("[!.]*.py")):
        if not file.stem.isidentifier():
            yield file, "the name of a module has letters, digits and _ only; rename it, and its SQL file with it."
    for file in sorted(folder.glob("[!.]*.sql")):
        contract = file.with_name(f"{file.name.split('.')[0]}.py")
        if not contract.exists() and not any(file.name in module.read_text("utf-8", "replace") for module in _modules(folder)):
            yield file, f"there is no {contract.name} with its contract next to it; `ecom-lake new table NAME` drafts both."


def _defines(text: str, layers: Iterable[str]) -> bool:
    return any(_CONTRACTS[layer].search(text) for layer in layers)


def _definitions_in(module: ModuleType, domain: Domain, group: str) -> Iterator[Definition]:
    """The contracts of a module: the one that is named after it, and the fit of its model."""
    file = Path(str(module.__file__))
    for contract in vars(module).values():
        if isinstance(contract, type) and issubclass(contract, Contract) and contract.__module__ == module.__name__:
            table = contract.table
            if not table.layer:
                continue
            if table.name not in (file.stem, f"{file.stem}_fit"):
                raise ValueError(f"{file}: the class {contract.__name__} makes the table {table.name}: name it after the file.")
            try:
                decided = with_decisions(replace(table, group="silver" if table.layer == "silver" else group), domain)
            except ValueError as error:
                raise ValueError(f"{file}: {error}") from None
            yield Definition(decided, module.__name__, file)


def _folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"There is no package {package}.")
    return Path(next(iter(spec.submodule_search_locations)))


def _sentence(error: Exception, file: Path) -> str:
    """The error in a file of the user, with its line."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {error.msg}."
    if isinstance(error, UserError | ValueError) and str(file.parent) in str(error):
        return str(error)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    where = f"{file}:{lines[-1]}" if lines else str(file)
    return f"{where}: {error}" if isinstance(error, UserError | ValueError) else f"{where}: {type(error).__name__}: {error}"
