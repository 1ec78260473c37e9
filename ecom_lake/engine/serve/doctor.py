"""Checks of the installation and a lake: the environment, the settings, the disk, the log, the release and its files.

Each check yields findings, and no finding stops the other checks. Not here: repairs (engine/build/maintenance/repair.py).
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from ecom_lake.engine.build.bronze.ingest import landed_files
from ecom_lake.engine.build.release.plain_view import damaged_files, expected_sizes, is_up_to_date
from ecom_lake.engine.build.shop_context import Site, invalid_shops, open_site
from ecom_lake.engine.build.step.built_with import CONFIRM, changes, in_words, source, why_refused
from ecom_lake.engine.build.step.trouble import Trouble, troubles
from ecom_lake.engine.config import Settings, defaults_in_force
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.serve.declared import declared
from ecom_lake.engine.serve.disk import LITTLE, TOO_LITTLE
from ecom_lake.engine.serve.released import command
from ecom_lake.engine.store.entry import Entry, File, files_of
from ecom_lake.engine.store.entry_json import NewerVersionError
from ecom_lake.engine.store.erasure_list import ErasureList
from ecom_lake.engine.store.integrity import GONE, wrong_size
from ecom_lake.engine.store.lake import SCRATCH, STORE
from ecom_lake.engine.store.log import DamagedError
from ecom_lake.engine.store.modes import group_of
from ecom_lake.errors import UserError
from ecom_lake.extras import why_missing
from ecom_lake.words import counted

State = Literal["ok", "warn", "fail"]
_PACKAGES = ("polars", "duckdb", "pyarrow", "dagster", "dagster-webserver", "scipy")
_OF_EXTRAS = ("scikit-learn",)
"""Named where they are installed."""
_INSTALL = "Install ecom-lake again with pip, or with `make setup` in its repository."


@dataclass(frozen=True)
class Finding:
    what: str
    state: State
    says: str
    todo: str = ""


def examine(load: Callable[[], Settings], shop: str | None, deep: bool = False) -> Iterator[Finding]:
    yield _python()
    yield _packages()
    try:
        settings = load()
        shop = shop or settings.default_shop
        invalid = invalid_shops(settings)
        yield _settings(settings, invalid)
        yield from (Finding(f"shop {name}", "fail", why) for name, why in invalid.items())
        if shop in invalid:
            return
        site = open_site(settings, shop)
    except UserError as error:
        yield Finding("settings", "fail", str(error))
        return
    yield from _extras(settings.registry)
    yield from _own_files(settings)
    yield _dagster(settings)
    yield _memory(settings)
    if settings.engine.gold == "spark":
        yield from _spark(settings)
    if site.lake.store.is_local:
        yield from _disk(Path(settings.root))
        yield _readers(site)
    else:
        yield from _remote(site, settings)
    yield _landing(site)
    yield from _lake(site, deep)


# --------------------------------------------------------------------------------------------------- the environment


def _python() -> Finding:
    return Finding("python", "ok", f"Python {platform.python_version()} at {sys.executable}.")


def _packages() -> Finding:
    found: dict[str, str] = {}
    for package in (*_PACKAGES, *_OF_EXTRAS):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    missing = [package for package in _PACKAGES if package not in found]
    says = ", ".join(f"{package} {number}" for package, number in found.items()) + "."
    if missing:
        return Finding("packages", "fail", f"Not installed: {', '.join(missing)}.", _INSTALL)
    if found["dagster"] != found["dagster-webserver"]:
        return Finding("packages", "fail", f"{says} Dagster and its webserver must have the same version.", _INSTALL)
    return Finding("packages", "ok", says)


def _extras(registry: Registry) -> Iterator[Finding]:
    """One finding for each extra that is not installed and that tables need: it is no failure."""
    for extra in dict.fromkeys(table.extra for table in registry.gold.values() if table.extra):
        tables = [name for name, table in registry.gold.items() if table.extra == extra]
        if why := why_missing(extra, f"Building {_list(tables)}"):
            yield Finding(f"extra {extra}", "ok", why)


def _settings(settings: Settings, invalid: Mapping[str, str]) -> Finding:
    valid = [shop for name, shop in settings.shops.items() if name not in invalid]
    shops = (
        ", ".join(f"{shop.name} ({shop.connector or f'map {shop.map}'}, from {shop.first_month:%Y-%m})" for shop in valid)
        or "none"
    )
    if defaults := defaults_in_force(settings.config):
        return Finding("settings", "warn", f"{defaults} Shops: {shops}.")
    if invalid:
        return Finding("settings", "warn", f"{counted(len(invalid), 'shop')} of {settings.config} left out. Shops: {shops}.")
    return Finding("settings", "ok", f"{settings.config} is valid. Shops: {shops}.")


def _own_files(settings: Settings) -> Iterator[Finding]:
    """The user's tables, models and questions: one finding for each file with an error, or one for all."""
    registry = settings.registry
    wrong = [*registry.invalid.values(), *registry.invalid_questions.values()]
    for why in wrong:
        yield Finding("your files", "fail", why, "Correct the file; everything else is built without it.")
    for file, why in registry.unread_files:
        yield Finding("your files", "warn", f"{file} is not read: {why}")
    own = [found.table.name for found in registry.own_tables]
    if own and not wrong:
        yield Finding("your files", "ok", f"Tables of your own: {', '.join(own)}.")


def _dagster(settings: Settings) -> Finding:
    if settings.dagster_home is None:
        todo = "Start in the project's folder, or set DAGSTER_HOME to a folder with a dagster.yaml."
        return Finding("dagster", "warn", "No dagster.yaml was found: the history of builds is not kept.", todo)
    return Finding("dagster", "ok", f"The history of builds is kept as set in {settings.dagster_home / 'dagster.yaml'}.")


def _memory(settings: Settings) -> Finding:
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    says = f"DuckDB may use {settings.memory_limit} of the machine's {there / 1e9:.1f} GB, and {settings.threads} threads."
    if _bytes(settings.memory_limit) > there:
        return Finding("memory", "warn", says, "Lower memory_limit in lake.toml, or ECOM_LAKE_MEMORY.")
    return Finding("memory", "ok", says)


def _bytes(limit: str) -> float:
    units = {"MB": 1e6, "GB": 1e9, "MiB": 2.0**20, "GiB": 2.0**30}
    unit = next(unit for unit in ("MiB", "GiB", "MB", "GB") if limit.endswith(unit))
    return float(limit.removesuffix(unit)) * units[unit]


# --------------------------------------------------------------------------------------------------------------- Spark


def _spark(settings: Settings) -> Iterator[Finding]:
    """Whether gold can be made on Spark: the extra, the tables, Java and the master."""
    if why := why_missing("spark", "Gold on Spark"):
        yield Finding("spark", "fail", why)
        return
    yield from _tables_on_spark(settings.registry)
    from ecom_lake.engine.build.sql.open_spark import close_shared_session, versions

    try:
        spark, java = versions(settings.engine)
        yield Finding("spark", "ok", f"Spark {spark} on Java {java} answers at {settings.engine.master}.")
    except UserError as error:
        yield Finding("spark", "fail", str(error))
    finally:
        close_shared_session()


def _tables_on_spark(registry: Registry) -> Iterator[Finding]:
    from ecom_lake.engine.build.sql.spark_tables import why_not_on_spark

    recipes = dict.fromkeys(map(registry.recipe, registry.gold))
    refused = [why for recipe in recipes if (why := why_not_on_spark(registry, recipe))]
    for why in refused:
        yield Finding("tables on spark", "fail", why)
    if not refused:
        yield Finding("tables on spark", "ok", f"The SQL of all {counted(len(recipes), 'table')} runs on Spark.")


# ----------------------------------------------------------------------------------------------------------- the disk


def _disk(root: Path, what: str = "root") -> Iterator[Finding]:
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    if not there.is_dir():
        yield Finding(what, "fail", f"{there} is a file, not a folder.", "Name another root with --root or in lake.toml.")
        return
    free = shutil.disk_usage(there).free
    state: State = "fail" if free < TOO_LITTLE else "warn" if free < LITTLE else "ok"
    yield Finding("disk", state, f"{free / 1e9:,.1f} GB are free under {there}.", "" if state == "ok" else "Make room.")
    yield _links(root, there, what)


def _readers(site: Site) -> Finding:
    """Which users of this machine may read the lake, by the permissions of its folders."""
    folder, modes = Path(site.lake.url), site.lake.modes
    assert modes is not None
    try:
        if modes.readers:
            group_of(modes.readers)
    except UserError as error:
        return Finding("readers", "fail", str(error))
    group = f" The group '{modes.readers}' may read its gold." if modes.readers else ""
    if not folder.is_dir():
        return Finding("readers", "ok", f"Only its owner will be able to read {folder}.{group}")
    if open_to := modes.wider(site.shop.name):
        todo = f"{command(site, 'build')} restricts it, if its owner runs it on a file system with permissions."
        return Finding("readers", "warn", f"Other users of this machine may read {open_to}.", todo)
    if modes.readers and not modes.lets_readers_in(site.shop.name):
        says = f"The group '{modes.readers}' may not read the gold of {folder} yet."
        return Finding("readers", "warn", says, f"{command(site, 'build')} gives it access.")
    return Finding("readers", "ok", f"Only {_owner(folder)} may read {folder}.{group}")


def _owner(folder: Path) -> str:
    try:
        return folder.owner()
    except KeyError:
        return f"user {folder.stat().st_uid}"


def _links(root: Path, there: Path, what: str) -> Finding:
    """The log creates its entries by hard links, and local copies of remote files are kept by them."""
    first, second = (there / f".ecom-lake-doctor-{uuid.uuid4().hex[:8]}" for _ in range(2))
    try:
        first.write_bytes(b"")
        second.hardlink_to(first)
    except OSError as error:
        todo = "Name a root on a local disk that you may write to, with --root or in lake.toml."
        return Finding(what, "fail", f"{there} does not allow the writes that a lake needs: {error.strerror}.", todo)
    finally:
        for path in (first, second):
            path.unlink(missing_ok=True)
    says = f"{root} is writable, and has hard links." if root == there else f"{root} does not exist yet, and can be created."
    return Finding(what, "ok", says)


# ---------------------------------------------------------------------------------------------------- a remote store


def _remote(site: Site, settings: Settings) -> Iterator[Finding]:
    """The operations that a lake needs, tried on the store; and the disk for the local copies."""
    probe = f"{site.shop.name}/{STORE}/doctor-{uuid.uuid4().hex[:8]}"
    store = site.lake.store
    try:
        new = store.create(probe, b"")
        again = store.create(probe, b"")
        store.delete(probe)
    except UserError as error:
        yield Finding("root", "fail", str(error))
        return
    if not new or again:
        todo = "Name a root on Azure Blob or on a local disk."
        yield Finding("root", "fail", f"{settings.root} allows two writers to create the same name, so the log could fork.", todo)
    else:
        yield Finding("root", "ok", f"{settings.root} can be read and written, and creates each name only once.")
    yield from _disk(settings.access.cache, "copies")


def _landing(site: Site) -> Finding:
    try:
        files = landed_files(site)
    except UserError as error:
        return Finding("landing", "fail", str(error))
    return Finding("landing", "ok", f"{counted(len(files), 'file')} in {site.lake.landing.url}.")


# ----------------------------------------------------------------------------------------------------------- the lake


def _lake(site: Site, deep: bool) -> Iterator[Finding]:
    try:
        numbers = site.lake.log.numbers()
        head = site.lake.log.head()
        released = None if head.release is None else site.lake.log.entry(head.release)
        shown = [head, *([released] if released else [])]
        damaged = _damaged_manifests(site, [site.lake.log.entry(number) for number in numbers] if deep else shown)
        if not damaged:
            _load(shown)
    except UserError as error:
        yield Finding("log", "fail", str(error))
        return
    if damaged:
        yield Finding("log", "fail", damaged, f"{command(site, 'repair')} restores or rebuilds what is listed there.")
        return
    if not numbers:
        yield Finding(
            "log", "ok", f"Shop '{site.shop.name}' was never built.", f"After landing its files, run {command(site, 'build')}."
        )
        return
    yield Finding("log", "ok", f"{len(numbers):,} states, the newest is {head.number}.")
    yield _built_with(site, head, released)
    yield _files(site, "newest state", head, deep)
    if released is None:
        yield Finding("release", "warn", "Nothing was released yet.", f"{command(site, 'status')} shows why.")
    else:
        yield (files := _files(site, "release", released, deep))
        yield _plain(site, released, deep)
        if files.state == "ok" and (site.lake.store.is_local or deep):
            yield from _columns(site, released)
    if head.erasure:
        yield _erasures(site)
    yield _leftovers(site)
    yield from _failures(site)


def _damaged_manifests(site: Site, entries: Iterable[Entry]) -> str | None:
    """A sentence about the first entry with a damaged manifest."""
    intact: set[str] = set()
    for entry in entries:
        if damaged := site.lake.log.manifests.damaged(entry, intact):
            return f"State {entry.number} has a missing or damaged manifest: of {', '.join(damaged)}."
    return None


def _load(entries: Iterable[Entry]) -> None:
    """Raise an error if a newer version has written a manifest of the entries. They stay in memory for the other checks."""
    for entry in entries:
        files_of([entry])
        len(entry.landing)


def _erasures(site: Site) -> Finding:
    """Whether erased persons are recognised when they are delivered again."""
    listed = ErasureList(site.lake.store, site.shop.name, site.erasure_key, former=site.former_erasure_key)
    try:
        listed.refuse_other_key()
    except UserError as error:
        return Finding("erasures", "fail", str(error))
    if why := listed.unrecognised():
        return Finding("erasures", "fail", why)
    return Finding("erasures", "ok", f"{counted(listed.newest, 'erasure', 'is/are')} listed.")


def _built_with(site: Site, head: Entry, released: Entry | None) -> Finding:
    """Whether the settings in force are those that the shop was built with, and whether a build accepts them."""
    if why := why_refused(site, head):
        return Finding("built with", "warn", f"{why} A build stops at this.", CONFIRM)
    if head.built_with is None:
        return Finding("built with", "ok", "The lake has no record of its settings yet: the next build makes one.")
    if differing := changes(site.shop, released.built_with if released else head.built_with):
        says = f"The settings in force are not those of the release: {in_words(differing)}."
        return Finding("built with", "ok", says, "The next build uses them.")
    says = f"The settings in force are those that the shop was built with, from {source(head.built_with)}."
    return Finding("built with", "ok", says)


def _failures(site: Site) -> Iterator[Finding]:
    """One finding for each failure of a build, of pulling and of publishing that no success followed, or one for all."""
    found = troubles(site)
    yield from (_failure(site, trouble) for trouble in found)
    if not found:
        yield Finding("last build", "ok", "No failure of a build, of pulling or of publishing is unresolved.")


def _failure(site: Site, trouble: Trouble) -> Finding:
    what = "last build" if trouble.is_of_build else trouble.command
    says = f"{trouble.table} {trouble.kind} in run {trouble.run[:8]}: {' '.join(trouble.says)}"
    return Finding(what, "warn", says, f"{command(site, 'status')} shows what to do.")


def _files(site: Site, what: str, entry: Entry, deep: bool) -> Finding:
    """Whether every file of a state exists and has its size; with `deep`, every file is read and its hash compared."""
    files = files_of([entry])
    wrong = _wrong(site, entry, deep)
    if not wrong:
        found = "exist and have their hashes" if deep else "exist and have their sizes"
        return Finding(what, "ok", f"All {len(files):,} files of state {entry.number} {found}.")
    todo = f"{command(site, 'repair')} restores it."
    if what == "release" and (intact := _intact_release(site, entry.number, deep)):
        todo += f" Until then, {command(site, f'rollback {intact}')} shows readers the intact release {intact}."
    return Finding(what, "fail", f"{len(wrong):,} of {len(files):,} files of state {entry.number} are damaged: {wrong[0]}.", todo)


def _wrong(site: Site, entry: Entry, deep: bool) -> list[str]:
    prefix = f"{site.shop.name}/"
    there = {info.path.removeprefix(prefix): info.size for info in site.lake.store.list(f"{prefix}{STORE}")}
    files = files_of([entry]).values()
    damaged = site.lake.store.each(lambda file: _damage(site, file, there.get(file.path), deep), files)
    return sorted(one for one in damaged if one)


def _intact_release(site: Site, before: int, deep: bool) -> int | None:
    older = (number for number in reversed(site.lake.log.numbers()) if number < before)
    return next((number for number in older if _is_intact_release(site, number, deep)), None)


def _is_intact_release(site: Site, number: int, deep: bool) -> bool:
    try:
        entry = site.lake.log.entry(number)
        return entry.release == number and not _damaged_manifests(site, [entry]) and not _wrong(site, entry, deep)
    except (DamagedError, NewerVersionError):
        return False


def _damage(site: Site, file: File, size: int | None, deep: bool) -> str | None:
    """What is wrong with a stored file; its local copy is not checked."""
    if size is None:
        return f"{file.path} {GONE}"
    if size != file.bytes:
        return f"{file.path} {wrong_size(size, file.bytes)}"
    return f"{file.path} has other content" if deep and site.lake.is_damaged(file) else None


def _plain(site: Site, released: Entry, deep: bool) -> Finding:
    """The plain files are copies that other programs can change."""
    wanted = expected_sizes(site, released)
    prefix = f"{site.shop.name}/"
    there = {
        i.path.removeprefix(prefix): i.size for layer in ("silver", "gold") for i in site.lake.store.list(f"{prefix}{layer}")
    }
    wrong = [path for path, size in wanted.items() if there.get(path) != size] + [path for path in there if path not in wanted]
    if wrong:
        says = f"{len(wrong):,} files in silver and gold are not those of release {released.number}, such as {wrong[0]}."
        return Finding("plain files", "warn", says, f"{command(site, 'build')} replaces them.")
    if not is_up_to_date(site, released):
        says = "release.json, catalog.duckdb or a page is missing, damaged, or made by other code or settings."
        return Finding("plain files", "warn", says, f"{command(site, 'build')} replaces them.")
    if deep and (damaged := damaged_files(site, released)):
        says = f"{len(damaged):,} plain files do not match their hash, such as {damaged[0]}."
        return Finding("plain files", "warn", says, f"{command(site, 'repair')} replaces them.")
    return Finding("plain files", "ok", f"silver and gold hold release {released.number}, {len(wanted):,} files.")


def _columns(site: Site, released: Entry) -> Iterator[Finding]:
    """The columns that lake.toml declares decide which gold tables the shop gets."""
    found = declared(site, released)
    todo = f"Declare it in [shops.{site.shop.name}] of lake.toml, and build: {found.line(site)}."
    if found.empty:
        tables = sorted({table for tables in found.empty.values() for table in tables})
        yield Finding("columns", "warn", f"No values in {_list(found.empty)}; tables built from them: {_list(tables)}.", todo)
    if found.filled:
        tables = sorted({table for tables in found.filled.values() for table in tables})
        says = f"Values in {_list(found.filled)}, which lake.toml declares as missing; tables not built: {_list(tables)}."
        yield Finding("columns", "warn", says, todo)
    if not found.empty and not found.filled:
        yield Finding("columns", "ok", "Every column that gold tables need has values, or is declared as missing.")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _leftovers(site: Site) -> Finding:
    left = site.lake.store.list(f"{site.shop.name}/{SCRATCH}")
    if left:
        says = f"{len(left):,} unfinished files of {sum(info.size for info in left) / 1e6:,.1f} MB in {SCRATCH}."
        return Finding(
            "scratch", "warn", says, f"If no build is running, they were left by a crash: {command(site, 'gc')} deletes them."
        )
    return Finding("scratch", "ok", "No unfinished files.")
