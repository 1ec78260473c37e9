"""PostgreSQL as a target: one transaction deletes the rows that change and copies the new ones, and readers see it as one step.

Readers never wait for DELETE and COPY, and views, grants and foreign keys stay as they are. Only where a table's columns change
is the table exchanged: then readers wait for the milliseconds from the lock to the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from psycopg import errors, sql

from ecom_lake.engine.build.pull.postgresql import connect
from ecom_lake.engine.build.pull.source import unreachable
from ecom_lake.engine.config import named_month
from ecom_lake.engine.contracts.columns import DATE, FLAG, INTEGER, MONEY, NUMBER, PRICE, TEXT, TIMESTAMP, Type
from ecom_lake.engine.database import Target
from ecom_lake.engine.serve.publish import figures
from ecom_lake.engine.serve.publish.content import Content
from ecom_lake.engine.serve.publish.rows import csv_texts
from ecom_lake.engine.serve.publish.target_database import (
    LONGEST_WAIT,
    PREFIX,
    RECORDS,
    RELEASE,
    TABLES,
    Change,
    Compare,
    OnTable,
    Plan,
    TargetDatabase,
    between_readers,
    busy,
    tidy,
)
from ecom_lake.errors import UserError

_TYPES: dict[Type, str] = {
    TEXT: "text",
    INTEGER: "bigint",
    MONEY: "numeric(18,2)",
    PRICE: "numeric(18,4)",
    NUMBER: "double precision",
    FLAG: "boolean",
    DATE: "date",
    TIMESTAMP: "timestamp",
}
_BEGIN = """
begin{};
set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0;
set local timezone = 'UTC'; set local datestyle = 'ISO, YMD';
"""
_EXISTING = "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind in ('r', 'p', 'v', 'm', 'f')"
_GRANTS = """
select '', a.privilege_type, a.is_grantable, case a.grantee when 0 then '' else pg_get_userbyid(a.grantee) end
from pg_class c, aclexplode(c.relacl) a
where c.oid = to_regclass(%s) and a.grantee <> c.relowner
"""
_COLUMN_GRANTS = """
select p.attname, a.privilege_type, a.is_grantable, case a.grantee when 0 then '' else pg_get_userbyid(a.grantee) end
from pg_class c join pg_attribute p on p.attrelid = c.oid, aclexplode(p.attacl) a
where c.oid = to_regclass(%s) and a.grantee <> c.relowner and not p.attisdropped
"""
_LIMITS_ROWS = """
select c.relrowsecurity or exists (select from pg_policy p where p.polrelid = c.oid) from pg_class c where c.oid = to_regclass(%s)
"""
_COLUMNS = "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"
_INDEXES = "select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = to_regclass(%s)"
_REASONS = {
    "42501": "its user may not do that: it needs CREATE on the database or on the schema, and must own the tables there",
    "2BP01": "a view or a foreign key depends on a table whose columns change: drop it, publish, and create it again",
    "55P03": "a lock could not be had",
    "57014": "the statement was cancelled",
    "53100": "its disk is full",
    "25006": "it is read-only: name the primary server",
}


class PostgreSQL(TargetDatabase):
    quote = '"'
    comments_belong_to_definition = False

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], variable: str, schema: str) -> None:
        self._connection = connection
        self._variable = variable
        self.schema = schema

    def begin(self, only_reads: bool) -> None:
        """A transaction that holds the lock of the schema until it ends."""
        self._run(_BEGIN.format(" isolation level repeatable read read only" if only_reads else ""))
        [(is_free,)] = self._all("select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", f"{PREFIX}{self.schema}")
        if not is_free:
            raise busy(self.schema)
        [(has_schema,)] = self._all("select to_regnamespace(%s) is not null", self.name(self.schema))
        if not has_schema and not only_reads:
            self._run(f"create schema {self.name(self.schema)}")

    def existing(self) -> set[str]:
        return {name for (name,) in self._all(_EXISTING, self.name(self.schema))}

    def fits(self, content: Content) -> bool:
        return True

    def publish(self, plan: Plan, compare: Compare, on_table: OnTable) -> None:
        before = self.recorded()
        waiting: dict[str, str] = {}
        for number, change in enumerate(plan.changes):
            content = change.content
            on_table(content.name)
            with self._refusals(content.name):
                written = self._write(change, f"{PREFIX}new_{number}" if content.name in before else content.name)
                compare(content, self._figures(content, written))
            if written != content.name:
                waiting[content.name] = written
        self._record(plan)
        for content in plan.contents:
            if content.name not in before or before[content.name].comments != content.comments or content.name in waiting:
                self._comment(content, waiting.get(content.name, content.name))
        if waiting or plan.gone:
            between_readers(lambda: self._exchange(waiting, plan.gone), [*waiting, *plan.gone])
        self._run("commit")
        tidy(self.schema, lambda: self._vacuum([change.content.name for change in plan.changes]), psycopg.Error)

    # ---------------------------------------------------------------------------------------------------------------- writing

    def _write(self, change: Change, name: str) -> str:
        """The name of the table that holds the rows: another one than the published, if that has to be exchanged."""
        content = change.content
        if not change.is_new:
            self._delete(content, change.parts)
            self._copy(content, content.name, change.parts)
            return content.name
        columns = ", ".join(
            f"{self.name(column.name)} {_TYPES[column.kind]}{'' if column.nullable else ' not null'}"
            for column in content.columns
        )
        self._run(f"create table {self.table(name)} ({columns})")
        self._copy(content, name, None)
        if content.key:
            self._run(f"alter table {self.table(name)} add primary key ({self.names(content.key)})")
        for column in content.indexes:
            self._run(f"create index on {self.table(name)} ({self.name(column)})")
        return name

    def _delete(self, content: Content, months: frozenset[str] | None) -> None:
        where = ""
        if months is not None:
            [month] = [column.name for column in content.columns if column.name == "month"]
            dates = ", ".join(f"'{named_month(one)}'" for one in sorted(months))
            where = f" where {self.name(month)} in ({dates})"
        self._run(f"delete from {self.table(content.name)}{where}")

    def _copy(self, content: Content, name: str, months: frozenset[str] | None) -> None:
        copy = f"copy {self.table(name)} ({self.names(content.names)}) from stdin (format csv)"
        with self._connection.cursor() as cursor, cursor.copy(copy.encode()) as sink:
            for text in csv_texts(content, content.paths(months)):
                sink.write(text)

    def _figures(self, content: Content, name: str, is_check: bool = False) -> Sequence[Any]:
        [row] = self._all(figures.query(content, self.table(name), self.name, is_check))
        return row

    def _record(self, plan: Plan) -> None:
        existing = self.existing()
        for table, (columns, key, meaning) in RECORDS.items():
            if table not in existing:
                types = ", ".join(f"{name} {_TYPES[_KINDS[kind]]} not null" for name, (kind, _) in columns.items())
                self._run(f"create table {self.table(table)} ({types}, primary key ({', '.join(key)}))")
                self._describe(self.table(table), meaning, {name: text for name, (_, text) in columns.items()})
            self._run(f"delete from {self.table(table)}")
        for table, rows in ((RELEASE, [plan.release]), (TABLES, plan.tables)):
            marks = ", ".join(["%s"] * len(RECORDS[table][0]))
            with self._refusals(table), self._connection.cursor() as cursor:
                cursor.executemany(f"insert into {self.table(table)} values ({marks})".encode(), rows)

    def _comment(self, content: Content, name: str) -> None:
        self._describe(self.table(name), content.contract.grain, {column.name: column.meaning for column in content.columns})

    def _describe(self, table: str, meaning: str, columns: Mapping[str, str]) -> None:
        texts = {f"table {table}": meaning, **{f"column {table}.{self.name(name)}": text for name, text in columns.items()}}
        statements = (f"comment on {what} is {sql.Literal(text).as_string(self._connection)}" for what, text in texts.items())
        self._run("; ".join(statements))

    # ------------------------------------------------------------------------------------------------------------- exchanging

    def _exchange(self, waiting: Mapping[str, str], gone: Sequence[str]) -> bool:
        """Exchange tables for those that wait; False if readers hold one of them. Until the commit new readers wait."""
        tables = [*waiting, *gone]
        access = {name: self._same_access(name, new) for name, new in waiting.items()}
        indexes = {name: [index for (index,) in self._all(_INDEXES, self.table(new))] for name, new in waiting.items()}
        if not self._lock(tables):
            return False
        statements = [f"drop table {', '.join(map(self.table, tables))}"]
        for name, new in waiting.items():
            statements.append(f"alter table {self.table(new)} rename to {self.name(name)}")
            statements += [
                f"alter index {self.table(index)} rename to {self.name(index.replace(new, name, 1))}" for index in indexes[name]
            ]
            statements += access[name]
        with self._refusals(", ".join(tables)):
            self._run("; ".join(statements))
        return True

    def _same_access(self, name: str, new: str) -> list[str]:
        """Gives the table that replaces `name` its grants, and no others: it was made with the schema's default privileges."""
        if self._all(_LIMITS_ROWS, self.table(name)) == [(True,)]:
            raise UserError(
                f"{name} of {self.schema} cannot be published: its columns change, and it has row-level security, which the new "
                "table would not have. Drop its policies and disable row-level security, publish, and create them again. Readers "
                "keep the previous release."
            )
        columns = {column for (column,) in self._all(_COLUMNS, self.table(new))}
        granted = self._all(_GRANTS, self.table(name))
        granted += [grant for grant in self._all(_COLUMN_GRANTS, self.table(name)) if grant[0] in columns]
        default = {"", *(role for _, _, _, role in self._all(_GRANTS, self.table(new)))}
        return [
            *(f"revoke all on {self.table(name)} from {self._role(role)}" for role in sorted(default)),
            *(
                f"grant {privilege}{f' ({self.name(column)})' if column else ''} on {self.table(name)} to {self._role(role)}"
                f"{' with grant option' if is_grantable else ''}"
                for column, privilege, is_grantable, role in granted
            ),
        ]

    def _role(self, role: str) -> str:
        return self.name(role) if role else "public"

    def _lock(self, tables: Sequence[str]) -> bool:
        self._run(f"savepoint before_lock; set local statement_timeout = {LONGEST_WAIT * 1000:.0f}")
        with self._refusals(", ".join(tables)):
            try:
                self._connection.execute(f"lock table {', '.join(map(self.table, tables))} in access exclusive mode".encode())
            except (errors.QueryCanceled, errors.LockNotAvailable):
                self._run("rollback to before_lock; release before_lock")
                return False
        self._run("set local statement_timeout = 0")
        return True

    def _vacuum(self, tables: Sequence[str]) -> None:
        """Free the space of the deleted rows, and count the values for the planner. Readers do not wait for it."""
        self._connection.execute("set statement_timeout = 0; set lock_timeout = 0")
        for table in tables:
            self._connection.execute(f"vacuum (analyze, truncate false) {self.table(table)}".encode())

    # ----------------------------------------------------------------------------------------------------------------- running

    def _run(self, statements: str) -> None:
        with self._refusals(""):
            self._connection.execute(statements.encode())

    def _all(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with self._refusals(""):
            return self._connection.execute(statement.encode(), values or None).fetchall()

    @contextmanager
    def _refusals(self, table: str) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            if error.sqlstate is None or self._connection.broken:
                raise unreachable(self._variable, str(error), "publish") from None
            reason = _REASONS.get(error.sqlstate, "the database refuses the statement")
            what = f"{table} of {self.schema}" if table else self.schema
            raise UserError(
                f"{what} cannot be published: {reason} (SQLSTATE {error.sqlstate}). Readers keep the previous release."
            ) from None


_KINDS = {"text": TEXT, "integer": INTEGER, "timestamp": TIMESTAMP}


@contextmanager
def opened(url: str, target: Target, shop: str, only_reads: bool) -> Iterator[PostgreSQL]:
    with closing(connect(url, target.url_env, "publish")) as connection:
        database = PostgreSQL(connection, target.url_env, target.schema or shop)
        database.begin(only_reads)
        yield database
