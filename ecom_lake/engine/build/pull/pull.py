"""Pulling: the tables of a shop's database become files in landing, as if somebody had exported them.

All tables are read in one transaction, and landed when all of them were read. A table with `since` is asked for what changed
since the last pull, and a while before that, because transactions commit late; rows that come twice are versions of one key for
silver. Other tables are read whole. Content that equals the last file of its table is not landed again.
Not here: the databases (postgresql.py, mariadb.py), what was landed before (earlier_pulls.py), reading landing (bronze/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Literal
from zoneinfo import ZoneInfo

from ecom_lake.engine.build.erasure.former_contents import refuse_missing_key
from ecom_lake.engine.build.landing_site import LandingSite
from ecom_lake.engine.build.pull.csv_file import CsvFile, write_csv
from ecom_lake.engine.build.pull.earlier_pulls import EarlierPulls, PulledFile
from ecom_lake.engine.build.pull.source import Column, Moment, Query, Source, connected, start_after
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.database import Database, PulledTable
from ecom_lake.engine.store.entry import File
from ecom_lake.engine.store.file_lock import try_lock
from ecom_lake.engine.store.lake import STORE
from ecom_lake.errors import UsageError, UserError

LAYER = "landing"
Fate = Literal["landed", "unchanged", "nothing new"]
OnTable = Callable[[str], None]
_REPEATED = timedelta(hours=1)
"""What clocks are set back by at the end of summer time."""


@dataclass(frozen=True)
class Pulled:
    """The result for one table."""

    table: str
    fate: Fate
    rows: int
    bytes: int
    """Of the compressed file."""
    watermark: Moment | None
    """The latest change that has landed; None for a table that is read whole."""
    file: str
    """Its name in landing; empty if nothing was landed."""
    digest: str
    notes: tuple[str, ...] = ()

    def outcome(self, run: str) -> Outcome:
        part, table = Part(), TableId(LAYER, self.table)
        made = File(rows=self.rows, fingerprint=self.digest, run=run, path=self.file, bytes=self.bytes, hash=self.digest)
        return Outcome(table, {part: made}, (part,) if self.file else (), notes=self.notes)


@dataclass(frozen=True)
class _Read:
    """One table in a local file, not yet landed."""

    query: Query
    csv: CsvFile
    watermark: Moment | None
    notes: tuple[str, ...]


def declared(site: LandingSite) -> Database:
    if site.shop.database is None:
        raise UsageError(
            f"Shop '{site.shop.name}' has no database to pull from: add [shops.{site.shop.name}.database] to "
            f'{site.shop.written.looked_for}, with url_env = "SHOP_DATABASE_URL", the environment variable with the URL, and the '
            'tables, such as tables.orders = { since = "updated_at" } (docs/databases.md in the repository).'
        )
    return site.shop.database


def pull(
    site: LandingSite, tables: Sequence[str] = (), whole: bool = False, on_table: OnTable = lambda table: None
) -> list[Pulled]:
    """Pull these tables, or all of them. `whole`: also what earlier pulls landed."""
    refuse_missing_key(site)
    database, chosen = declared(site), chosen_tables(site, tables)
    if site.shop.map and not whole:
        from ecom_lake.engine.build.pull.changed_rows import refuse_changed_rows

        refuse_changed_rows(site, [name for name, settings in chosen.items() if settings.since])
    with _alone(site), site.lake.scratch() as scratch:
        earlier = EarlierPulls(site)
        read: dict[str, _Read] = {}
        with connected(database) as source:
            now = source.now()
            for name, settings in chosen.items():
                on_table(name)
                query = _query(source, name, settings, None if whole else earlier, site)
                limit = latest_watermark(query.since, now, site.shop.timezone)
                newest = source.newest(query, limit) if limit else None
                with closing(source.records(query)) as records:
                    csv = write_csv(scratch / name, [column.name for column in query.columns], records)
                read[name] = _Read(query, csv, newest, _changed_columns(name, query, earlier, site))
        _stop_if_overtaken(site, earlier)
        return [_land(site, name, one, earlier) for name, one in read.items()]


def pull_step(site: LandingSite) -> list[Outcome]:
    """Pull all tables, as the step of a run."""
    return [pulled.outcome(site.run) for pulled in pull(site)]


def chosen_tables(site: LandingSite, tables: Sequence[str] = ()) -> Mapping[str, PulledTable]:
    """These tables of the shop's database, or all of them; raises an error if the shop has no such table or no database."""
    database = declared(site)
    for table in tables:
        if table not in database.tables:
            known = ", ".join(database.tables)
            raise UsageError(f"[shops.{site.shop.name}.database.tables] has no table '{table}'; it has {known}.")
    return {name: settings for name, settings in database.tables.items() if not tables or name in tables}


@contextmanager
def _alone(site: LandingSite) -> Iterator[None]:
    """Of two pulls at once, the one that read the older state could land last, and its rows would count as newer."""
    release = try_lock(site.lake.store.lock_folder(f"{site.shop.name}/{STORE}/pull"))  # scratch is shared by every step
    if release is None:
        raise UserError(f"Another pull of shop '{site.shop.name}' is running; pull again when it has ended.")
    try:
        yield
    finally:
        release()


def _stop_if_overtaken(site: LandingSite, earlier: EarlierPulls) -> None:
    """The lock is of this machine; another machine may pull the same shop."""
    if EarlierPulls(site).next_number != earlier.next_number:
        raise UserError(f"Another machine pulled shop '{site.shop.name}' at the same time; nothing was landed. Pull again.")


def _query(source: Source, name: str, settings: PulledTable, earlier: EarlierPulls | None, site: LandingSite) -> Query:
    place = f"[shops.{site.shop.name}.database.tables.{name}]"
    table = settings.table or name
    known = {column.name: column for column in source.columns(table)}
    if not known:
        raise UserError(
            f"{place}: the database has no table {table}, or its user may not see it; a table of another name or schema is "
            f'named with table = "SCHEMA.TABLE".'
        )
    for column in (*settings.columns, *([settings.since] if settings.since else [])):
        if column not in known:
            near = get_close_matches(column, known, 1)
            raise UserError(
                f"{place}: {table} has no column '{column}'; "
                f"{f'did you mean {near[0]}?' if near else 'its columns are ' + ', '.join(known) + '.'}"
            )
    columns = [known[column] for column in settings.columns] or list(known.values())
    since = known[settings.since] if settings.since else None
    if since and since.kind is None:
        raise UserError(f"{place}: since must be a column of times or days, and {table}.{since.name} is not; pull it whole.")
    watermark = earlier.watermark(name, since.kind) if earlier and since and since.kind else None
    start = start_after(watermark, settings.overlap) if watermark else None
    return Query(table, columns, source.key(table), settings.where, since, start)


def latest_watermark(since: Column | None, now: datetime, zone: str) -> Moment | None:
    """The present in the column's own form: a row that is dated in the future must not hide the changes until then.

    Nothing states the zone of a time without one: the limit is the earlier of the times in UTC and in the shop's zone. Clocks
    that are set back repeat an hour, so it is an hour before that: no watermark is in an hour that may be repeated. A limit that
    is too early only pulls rows again."""
    if since is None or since.kind is None:
        return None
    if since.kind == "zoned":
        return now
    naive = min(now.astimezone(place).replace(tzinfo=None) for place in (UTC, ZoneInfo(zone))) - _REPEATED
    return naive.date() if since.kind == "day" else naive


def _changed_columns(name: str, query: Query, earlier: EarlierPulls, site: LandingSite) -> tuple[str, ...]:
    before, now = earlier.columns(name), [column.name for column in query.columns]
    if not before:
        return ()
    notes = []
    if gone := [column for column in before if column not in now]:
        notes.append(f"{query.table} no longer has {', '.join(gone)}: new rows have no value there.")
    new = [column for column in now if column not in before]
    if new and query.start is not None:
        notes.append(
            f"{query.table} has new columns: {', '.join(new)}. Rows that were pulled before lack them until "
            f"`ecom-lake pull --shop {site.shop.name} --tables {name} --whole`."
        )
    elif new:
        notes.append(f"{query.table} has new columns: {', '.join(new)}.")
    return tuple(notes)


def _land(site: LandingSite, name: str, read: _Read, earlier: EarlierPulls) -> Pulled:
    since, csv = read.query.since, read.csv
    before = earlier.watermark(name, since.kind) if since and since.kind else None
    watermark = max(filter(None, (before, read.watermark)), default=None)
    size = csv.path.stat().st_size
    if read.query.start is not None and not csv.rows:
        return Pulled(name, "nothing new", 0, 0, watermark, "", csv.digest, read.notes)
    known, latest = earlier.known(name), earlier.latest(name)
    while (content := earlier.present(csv.digest)) in known:
        if content == latest:
            return Pulled(name, "unchanged", csv.rows, size, watermark, "", csv.digest, read.notes)
        # The table is as it was before its last change. To a build this content is known, so it gets other bytes.
        csv = csv.with_line()
    continued = None if read.query.start is None else before
    file = PulledFile(earlier.next_number, name, read.watermark, continued).path
    if not site.lake.landing.add(csv.path, file):
        raise UserError(f"{file} is in landing already: another pull landed it at the same time. Pull again.")
    return Pulled(name, "landed", csv.rows, csv.path.stat().st_size, watermark, file, csv.digest, read.notes)


def shown(watermark: Moment | None) -> str:
    """A watermark for people."""
    if not isinstance(watermark, datetime):
        return str(watermark) if watermark else ""
    return f"{watermark:%Y-%m-%d %H:%M:%S}{' UTC' if watermark.tzinfo else ''}"
