"""A database as a pull sees it: the columns and the key of a table, and its rows as CSV text in one read-only transaction.

Here: what PostgreSQL and MariaDB have in common, and the sentences for their failures. A sentence never contains a message of a
driver or a part of the URL: where a password is not encoded, drivers show parts of it as a host or a port.
Not here: the SQL of one database (postgresql.py, mariadb.py), what is asked for (pull.py).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Literal

from ecom_lake.engine.database import Database
from ecom_lake.engine.store.access import Secret
from ecom_lake.errors import UserError
from ecom_lake.extras import require

Moment = datetime | date
"""A time with UTC as its zone, a time without a zone, or a day."""
Kind = Literal["zoned", "naive", "day"]
Product = Literal["postgresql", "mariadb"]
_EARLIEST = date(1000, 1, 1)
"""Earlier times stand for none: 0000-00-00 in MariaDB, 0001-01-01 where a program has no value."""
_PRODUCTS: dict[str, Product] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mariadb": "mariadb",
    "mysql": "mariadb",
}
"""By the scheme of a URL."""


@dataclass(frozen=True)
class Column:
    name: str
    csv: str
    """The SQL expression of its text."""
    kind: Kind | None = None
    """Of a column that holds times or days."""


@dataclass(frozen=True)
class Query:
    """The rows of one table that a pull asks for."""

    table: str
    columns: Sequence[Column]
    key: Sequence[str]
    """The columns of the primary key, by which rows are ordered: the same rows give the same bytes."""
    where: str = ""
    since: Column | None = None
    start: Moment | None = None
    """Rows that were changed at this time or later, and those without a time; None for all rows."""


class Source(ABC):
    """An open transaction. Every method raises UserError where the database refuses."""

    quote: ClassVar[str]

    @abstractmethod
    def columns(self, table: str) -> list[Column]:
        """Empty where there is no such table, or none that the user may see."""

    @abstractmethod
    def key(self, table: str) -> list[str]: ...

    @abstractmethod
    def now(self) -> datetime:
        """The time of the server, in UTC."""

    @abstractmethod
    def newest(self, query: Query, limit: Moment) -> Moment | None:
        """The greatest time of the rows that is not after the limit; None where there is none."""

    @abstractmethod
    def records(self, query: Query) -> Generator[bytes | memoryview, None, None]:
        """Each row as a line of CSV. NULL is an empty field, and an empty text is `""`."""

    def name(self, name: str) -> str:
        return self.quote + name.replace(self.quote, 2 * self.quote) + self.quote

    def table(self, table: str) -> str:
        return ".".join(map(self.name, table.split(".", 1)))

    def literal(self, moment: Moment) -> str:
        return f"'{moment}'"

    def rows(self, query: Query, *more: str) -> str:
        """The FROM and WHERE of a query."""
        conditions = [*([f"({query.where}\n)"] if query.where else []), *more]  # the line end closes a comment in `where`
        if query.since and query.start is not None:
            since = self.name(query.since.name)
            conditions.append(f"({since} >= {self.literal(query.start)} or {since} is null or {since} < '{_EARLIEST}')")
        where = f" where {' and '.join(conditions)}" if conditions else ""
        return f"from {self.table(query.table)}{where}"

    def order(self, query: Query) -> str:
        return f" order by {', '.join(map(self.name, query.key))}" if query.key else ""


@contextmanager
def connected(database: Database) -> Iterator[Source]:
    """A read-only transaction that sees one state of the database."""
    require("databases", "Pulling from a database")
    product, url = product_and_url(database.url, database.url_env)
    with _opened(product, url, database.url_env) as source:
        yield source


def product_and_url(secret: Secret, variable: str) -> tuple[Product, str]:
    """The kind of database that a URL names, and the URL with a plain scheme."""
    url = secret.reveal()
    if not url:
        raise UserError(
            f"{variable} is not set: set it to the URL of the database, such as postgresql://USER:PASSWORD@HOST/DATABASE."
        )
    scheme, _, rest = url.partition("://")
    scheme = scheme.split("+")[0]  # SQLAlchemy writes postgresql+psycopg://
    if scheme not in _PRODUCTS or not rest:
        raise UserError(f"{variable} must be a URL that starts with postgresql://, mysql:// or mariadb://.")
    return _PRODUCTS[scheme], f"{scheme}://{rest}"


def _opened(product: Product, url: str, variable: str) -> AbstractContextManager[Source]:
    """A driver is imported only for its own databases."""
    if product == "postgresql":
        from ecom_lake.engine.build.pull import postgresql

        return postgresql.opened(url, variable)
    from ecom_lake.engine.build.pull import mariadb

    return mariadb.opened(url, variable)


def invalid_url(variable: str) -> UserError:
    return UserError(
        f"{variable} is not a valid URL of a database: write it as SCHEME://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE, "
        "and percent-encode the signs of user and password that are neither letters nor digits."
    )


_REASONS = (
    (
        "root certificate file",
        "the root certificate that its own is checked with is missing or cannot be read; set sslrootcert to its path",
    ),
    ("certificate file", "a certificate file that the URL names is missing or cannot be read"),
    ("password authentication failed", "it refuses the user or the password"),
    ("access denied", "it refuses the user or the password"),
    ("no password supplied", "it asks for a password, and the URL has none"),
    ("unknown database", "it has no such database"),
    ("does not exist", "it has no such database or user"),
    ("no pg_hba.conf entry", "it does not accept this user from this machine, or only with TLS"),
    ("not allowed to connect", "it does not accept connections from this machine"),
    ("certificate", "its TLS certificate, or ours, was refused"),
    ("ssl", "it and the TLS options of the URL do not agree"),
    ("refused", "nothing answers at its address and port"),
    ("no such file", "there is no socket at its path"),
    ("timed out", "it does not answer"),
    ("timeout", "it does not answer"),
    ("resolve", "its host name is not known"),
    ("translate host", "its host name is not known"),
    ("not known", "its host name is not known"),
    ("starting up", "it is starting up"),
    ("too many", "it has too many connections"),
)


def unreachable(variable: str, message: str, then: str = "pull") -> UserError:
    """The sentence for a connection that failed: of the driver's message, only words that are known to be harmless."""
    found = next((reason for words, reason in _REASONS if words in message.casefold()), "the connection was refused or lost")
    return UserError(f"The database of {variable} cannot be reached: {found}. Correct the URL or the server, then {then} again.")


def start_after(watermark: Moment, overlap: timedelta) -> Moment:
    """Where a pull starts. A day is never cut: its rows may change until it ends."""
    if isinstance(watermark, datetime):
        return watermark - overlap
    return (datetime.combine(watermark, time()) - overlap).date()


def kind_of(moment: Moment) -> Kind:
    if not isinstance(moment, datetime):
        return "day"
    return "zoned" if moment.tzinfo else "naive"


def parsed(text: str | None) -> Moment | None:
    """A time as databases write it in ISO format; None for what stands for no time, such as 0000-00-00 and 0001-01-01."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-11-29") else datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year >= _EARLIEST.year else None
