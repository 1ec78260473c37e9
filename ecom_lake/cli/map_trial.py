"""`map --check` and `map --sql`: what the map of a shop makes of files, and the query of one of its tables.

Not here: drafting a map (map.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import LakeOptions
from ecom_lake.errors import UsageError, UserError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.map_check import FacetTrial, Files, MapTrial
    from ecom_lake.engine.config import Settings, Shop
    from ecom_lake.engine.contracts.connector import Connector
    from ecom_lake.engine.mapping.definitions import Map

_NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
_FATES = ("published", "refused", "superseded", "pending", "collapsed", "left_out")


def check(files: Sequence[Path], as_json: bool, options: LakeOptions) -> int:
    """Exit code 1 if a file or a row is refused, or a value is not understood."""
    from ecom_lake.engine.build.map_check import kinds_without_files, read_files_of, try_map

    refuse_absent(files)
    shop = _shop(options)
    map_, connector = _read(shop, options)
    read = read_files_of(map_, _paths(files, shop, options))
    if not read.rows:
        raise UserError(" ".join([*read.refused, _nothing_fits(map_, files, options)]))
    trial = try_map(map_, read, connector, shop.timezone if shop else "UTC")
    absent = kinds_without_files(map_, read)
    if as_json:
        screen.show_json(_document(map_, trial, read, absent))
    else:
        _show(map_, trial, read, absent)
    is_refused = any(facet.refused or facet.not_listed for facet in trial.facets)
    return 1 if read.refused or read.rejected or is_refused or not trial.facets else 0


def show_sql(table: str, as_json: bool, options: LakeOptions) -> int:
    from ecom_lake.engine.mapping.run_facet import facet_sql

    map_, _ = _read(_shop(options), options)
    found = [facet for facet in map_.facets if facet.target == table]
    if not found:
        raise UsageError(f"{map_.where} has no table {table}; it has {', '.join(sorted({one.target for one in map_.facets}))}.")
    queries = {facet.name: facet_sql(map_, facet) for facet in found}
    if as_json:
        screen.show_json(queries)
    else:
        for name, query in queries.items():
            screen.show(f"-- {name}", query)
    return 0


# ------------------------------------------------------------------------------------------------ map and files


def map_file(options: LakeOptions) -> Path:
    """The file that a draft for the shop of --shop is written to."""
    name = options.shop
    if not name:
        raise UsageError("Name the shop of the map: add --shop NAME.")
    if not _NAME.fullmatch(name):
        raise UsageError(f"'{name}' cannot name a shop: use small letters, digits and underscores, such as my_shop.")
    settings = _settings(options)
    project = settings.registry.folder
    if project is None:
        raise UsageError(f"There is no {settings.config}: work in a project folder, or create one with `ecom-lake init FOLDER`.")
    return project / "maps" / f"{name}.toml"


def _settings(options: LakeOptions) -> Settings:
    """The settings, whether or not they have the shop: a map may be drafted and checked before."""
    return LakeOptions(options.root, None, options.project).settings()


def _shop(options: LakeOptions) -> Shop | None:
    """The shop of --shop, or the first one of lake.toml; None if lake.toml does not have it."""
    settings = _settings(options)
    name = options.shop or settings.default_shop
    return settings.shop(name) if name in (*settings.shops, *settings.invalid) else None


def refuse_absent(files: Sequence[Path]) -> None:
    if absent := [path for path in files if not path.exists()]:
        raise UsageError(f"There is no {absent[0]}: name files, folders or zips that exist.")


def _read(shop: Shop | None, options: LakeOptions) -> tuple[Map, Connector]:
    """The map, and the connector with its contracts: for a shop without dates if no table of orders has one."""
    from ecom_lake.engine.contracts.definition_error import DefinitionError
    from ecom_lake.engine.contracts.text_file import read_text
    from ecom_lake.engine.mapping.map_file import read_map
    from ecom_lake.engine.mapping.run_facet import check_types

    path, where = _map_of(shop, options)
    text = read_text(path)
    connector = connector_for(text)
    if shop and connector.of_shop:
        connector = connector.of_shop(connector, shop.numbers)
    try:
        map_ = read_map(text, where, connector.delivered)
        check_types(map_)
    except DefinitionError as error:
        raise UsageError(str(error)) from None
    return map_, connector


def _map_of(shop: Shop | None, options: LakeOptions) -> tuple[Path, str]:
    """The file that `map` of the shop names, else the one that was drafted for it; and how messages call it."""
    if shop and shop.map:
        settings = _settings(options)
        return settings.registry.map_file(shop.map, f"[shops.{shop.name}] in {settings.config}"), shop.map
    if shop and not options.shop:
        raise UsageError(f"Shop '{shop.name}' has no map. Name the shop of the map: add --shop NAME.")
    path = map_file(options)
    if not path.exists():
        raise UsageError(f"There is no {path}: draft it with ecom-lake map FILES --shop {path.stem}.")
    return path, f"maps/{path.name}"


def shipped_maps() -> Iterator[Map]:
    """The maps that come with the package."""
    from importlib.resources import files

    from ecom_lake.engine.mapping.map_file import read_map

    folder = files("ecom_lake.shop").joinpath("maps")
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name) if folder.is_dir() else []
    for entry in entries:
        if entry.name.endswith(".toml"):
            text = entry.read_text("utf-8")
            yield read_map(text, entry.name, connector_for(text).delivered)


def connector_for(text: str) -> Connector:
    """The contracts for the orders that a map makes."""
    from ecom_lake.shop.connectors.canonical import CANONICAL

    return CANONICAL.undated if _is_undated(text) and CANONICAL.undated else CANONICAL


def _is_undated(text: str) -> bool:
    """Whether the map makes orders, and none of them has a time. A map that cannot be parsed is reported elsewhere."""
    import tomllib

    try:
        orders = tomllib.loads(text).get("orders", [])
    except tomllib.TOMLDecodeError:
        return False
    tables = orders if isinstance(orders, list) else [orders]
    return bool(tables) and not any("ordered_at" in table for table in tables)


def _paths(files: Sequence[Path], shop: Shop | None, options: LakeOptions) -> Iterator[tuple[str, Path]]:
    """The files with their names: those that are given, else those that were landed for the shop."""
    if files:
        every = [file for path in files for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
        return ((file.name, file) for file in every if file.is_file() and not file.name.startswith("."))
    settings = _settings(options)
    if shop is None:
        raise UsageError(f"{options.shop} is no shop of {settings.config} yet: name files, as in ecom-lake map --check FILES.")
    return _landed(settings, shop)


def _landed(settings: Settings, shop: Shop) -> Iterator[tuple[str, Path]]:
    """One file after the other: landing may hold more nightly files than a process may open."""
    from ecom_lake.engine.store.lake import Lake
    from ecom_lake.engine.store.landed_files import files_in

    landing = Lake(settings.root, shop.name, settings.access, shop.landing).landing
    for info in files_in(landing):
        if not info.refused:
            with landing.opened(info.path) as local:
                yield info.path, local


def _nothing_fits(map_: Map, files: Sequence[Path], options: LakeOptions) -> str:
    from ecom_lake.engine.mapping.map_file import delivered

    kinds = ", ".join(table.name for table in delivered(map_))
    if files:
        return f"None of these files fits the map {map_.where}, which reads {kinds}."
    other = options.command("map --check FILES")
    return f"No landed file fits the map {map_.where}, which reads {kinds}. To check other files: {other}"


# --------------------------------------------------------------------------------------------------- the report


def _document(map_: Map, trial: MapTrial, read: Files, absent: Sequence[str]) -> dict[str, Any]:
    return {
        "map": map_.where,
        "is_draft": map_.draft,
        "files_refused": list(read.refused),
        "files_repeated": list(read.repeated),
        "records_rejected": dict(read.rejected),
        "kinds_without_files": list(absent),
        "records_in_no_table": dict(trial.without_facet),
        "tables": [
            {
                "table": facet.facet.target,
                "from": facet.facet.kind,
                "delivered": facet.delivered,
                **{fate: getattr(facet, fate) for fate in _FATES},
                "rules": dict(facet.rules),
                "values_not_listed": {name: dict(values) for name, values in facet.not_listed.items()},
                "before": facet.before.to_dicts(),
                "after": facet.after.to_dicts(),
            }
            for facet in trial.facets
        ],
        "checks": [
            {
                "file": one.check.kind,
                "holds": one.check.holds,
                "says": one.check.says,
                "records": one.records,
                "failed": one.failed,
            }
            for one in trial.checks
        ],
    }


def _show(map_: Map, trial: MapTrial, read: Files, absent: Sequence[str]) -> None:
    screen.show_error(*read.refused)
    screen.show_error(*(f"{file}: {counted(rows, 'record')} cannot be read." for file, rows in read.rejected.items()))
    if read.repeated:
        screen.show(f"{', '.join(read.repeated)}: the same content as another file, which counts once.")
    if absent:
        screen.show(f"No file is {' or '.join(absent)}: tables from it are left out here.")
    _show_ledger(trial.facets)
    for facet in trial.facets:
        _show_problems(facet)
    for one in trial.checks:
        if one.failed:
            screen.show(f"{one.check.kind}: {one.check.says}, not in {one.failed:,} of {counted(one.records, 'record')}")
    for facet in trial.facets:
        _show_examples(facet)
    state = "It is a draft: it is not built until you delete `draft = true`." if map_.draft else "Nothing was stored."
    screen.show("", f"{map_.where} was tried on {counted(sum(rows.height for rows in read.rows.values()), 'record')}. {state}")


def _show_ledger(facets: Sequence[FacetTrial]) -> None:
    names = ["table", "from", "delivered", *(fate.replace("_", " ") for fate in _FATES)]
    rows = [
        [
            facet.facet.target,
            facet.facet.kind,
            screen.number(facet.delivered),
            *(screen.number(getattr(facet, fate)) for fate in _FATES),
        ]
        for facet in facets
    ]
    screen.show_table(names, rows, right=names[2:])


def _show_problems(facet: FacetTrial) -> None:
    table = facet.facet.target
    refused = [f"{table}: {counted(rows, 'row')} failed the rule {rule}" for rule, rows in facet.rules.items()]
    unknown = [
        f"{table}: {value!r} is not in words.{name}, in {counted(rows, 'row')}"
        for name, values in facet.not_listed.items()
        for value, rows in values.items()
    ]
    pending = [f"{table}: the order of {counted(facet.pending, 'row')} is missing"] if facet.pending else []
    screen.show_some([*refused, *unknown, *pending])


def _show_examples(facet: FacetTrial) -> None:
    if facet.before.is_empty():
        return
    screen.show("", f"{facet.facet.kind}, as delivered:")
    screen.show_rows(facet.before.columns, facet.before.rows())
    screen.show(f"{facet.facet.target}, as mapped:")
    screen.show_rows(facet.after.columns, facet.after.rows())
