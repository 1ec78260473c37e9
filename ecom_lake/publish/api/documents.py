"""The shapes of the JSON answers, for the OpenAPI document. Not here: making the answers (catalogue.py, rows.py and others)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProblemDetails(Document):
    """An error, as RFC 9457 defines it; `detail` is a sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


class ShopName(Document):
    shop: str
    release: int | None
    why: str | None
    """Why it has no release."""


class Shops(Document):
    shops: list[ShopName]


class Shop(Document):
    shop: str
    release: int
    released_at: str
    currency: str | None
    time_zone: str
    first_month: str | None
    last_month: str | None
    last_complete_month: str | None
    absent: dict[str, str]
    """The tables that the shop does not have, and why."""


class Release(Document):
    release: int
    released_at: str
    is_latest: bool


class ReleasesOfShop(Document):
    shop: str
    releases: list[Release]


class ChangedTable(Document):
    table: str
    rows_before: int | None
    rows_after: int | None
    parts: int


class MovedKpi(Document):
    metric: str
    unit: str
    before: float | None
    after: float | None
    difference: float | None


class MovedMonth(MovedKpi):
    month: str


class Difference(Document):
    before: int
    after: int
    tables: list[ChangedTable]
    kpis: list[MovedKpi]
    months: list[MovedMonth]


class TableInList(Document):
    table: str
    group: str
    grain: str
    rows: int
    bytes: int
    first_month: str | None
    last_month: str | None
    needs_pii: bool
    """Whether reading its rows needs the scope pii."""


class Tables(Document):
    shop: str
    release: int
    tables: list[TableInList]
    absent: dict[str, str]


class Column(Document):
    name: str
    type: Literal["text", "integer", "money", "price", "number", "flag", "date", "timestamp"]
    meaning: str
    unit: str | None
    is_key: bool
    is_nullable: bool
    is_personal: bool
    is_additive: bool
    """Whether its values may be summed over any rows."""
    absent: str | None
    """Why this shop's export does not fill it."""


class RuleOfTable(Document):
    name: str
    holds: str
    meaning: str
    severity: str


class IdentityOfTables(Document):
    name: str
    meaning: str


class DataFile(Document):
    url: str
    month: str | None
    rows: int
    bytes: int
    hash: str


class TableContract(TableInList):
    shop: str
    release: int
    key: list[str]
    columns: list[Column]
    rules: list[RuleOfTable]
    identities: list[IdentityOfTables]
    inputs: list[str]
    files: list[DataFile]


class Rows(Document):
    shop: str
    release: int
    table: str
    next: str | None
    """The cursor of the next page; null on the last one."""
    rows: list[dict[str, Any]]


class SqlAnswer(Document):
    shop: str
    release: int
    columns: list[str]
    rows: list[dict[str, Any]]


class ParameterOfQuestion(Document):
    name: str
    kind: Literal["number", "text", "month"]
    meaning: str
    or_all: bool


class QuestionInList(Document):
    question: str
    title: str
    group: str
    note: str
    chart: str | None
    parameters: list[ParameterOfQuestion]
    absent: str | None
    """Why this shop cannot answer it."""


class Questions(Document):
    shop: str
    release: int
    questions: list[QuestionInList]


class Answer(Document):
    shop: str
    release: int
    question: str
    title: str
    note: str
    caveat: str | None
    parameters: dict[str, str]
    choices: dict[str, list[str]]
    columns: list[str]
    shares: list[str]
    """The columns that are shares, shown as percentages."""
    chart: str | None
    rows: list[dict[str, Any]]
    sql: str


class MetricInList(Document):
    metric: str
    definition: str
    unit: str | None
    by: list[str]


class Metrics(Document):
    shop: str
    release: int
    metrics: list[MetricInList]


class Metric(Document):
    shop: str
    release: int
    metric: str
    definition: str
    unit: str | None
    currency: str | None
    since: str | None
    until: str | None
    filters: dict[str, str]
    by: str | None
    rows: list[dict[str, Any]]
    total: str | float | None
    """Of the whole span. Of a distinct count it is not the sum of the rows."""
    sql: str


class Customer(Document):
    shop: str
    release: int
    customer_id: str
    tables: dict[str, dict[str, Any] | None]
    orders: list[dict[str, Any]]


class Model(Document):
    shop: str
    release: int
    model: str
    card: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]]


class Status(Document):
    status: str
