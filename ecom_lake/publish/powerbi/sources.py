"""Where the model reads a release from, in M: a folder, Azure Data Lake Storage, Azure Blob Storage, or the API.

One project has one kind of source: the Power BI service binds credentials to the sources that it finds in the M code.
Here: the parameters of a source, and the expressions for a file, for the months of a fact, and for the release's number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ecom_lake.publish.powerbi.naming import m_text

Kind = Literal["local", "adls", "blob", "api"]


@dataclass(frozen=True)
class Rows:
    """The rows of a gold table that are loaded."""

    table: str
    columns: Sequence[str]
    where: Mapping[str, str | bool]


class Source(Protocol):
    parameters: Mapping[str, str]
    """The parameters that a user sets in Power BI, with their first values."""

    def functions(self) -> Mapping[str, str]:
        """Shared M expressions, by name."""

    def table(self, rows: Rows) -> Sequence[tuple[str, str]]:
        """The steps that read a table of one file: names and M expressions. The last one has the rows."""

    def months(self, rows: Rows) -> Sequence[tuple[str, str]]:
        """The steps that read the months of a table from RangeStart to before RangeEnd; rows without a date are in FirstMonth."""

    def whole_fact(self, rows: Rows) -> Sequence[tuple[str, str]]:
        """The steps that read all months of a table, of a shop without dates."""

    def release(self) -> Sequence[tuple[str, str]]:
        """The steps whose last one is a record with the field `release`, a number."""


def chosen(rows: Rows) -> tuple[str, str]:
    """The step after Source that keeps the rows and columns that are loaded."""
    columns = m_list(rows.columns)
    if not rows.where:
        return "Chosen", f"Table.SelectColumns(Source, {columns})"
    conditions = " and ".join(f"[{name}] = {m_value(value)}" for name, value in rows.where.items())
    return "Chosen", f"Table.SelectColumns(Table.SelectRows(Source, each {conditions}), {columns})"


def m_list(texts: Sequence[str]) -> str:
    return "{" + ", ".join(map(m_text, texts)) + "}"


def m_value(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else m_text(value)


_WHOLE = """\
if Release[whole] then
            Release
        else
            error Error.Record("A release is being published", "Refresh again in a minute.")"""


class _Files:
    """What the sources of Parquet files share. `_file` is the content of a file, `_folder` the files of a folder."""

    parameters: Mapping[str, str]
    _separator = "/"

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self.parameters = parameters

    def _file(self, path: str) -> Sequence[tuple[str, str]]:
        raise NotImplementedError

    def _folder(self, path: str) -> Sequence[tuple[str, str]]:
        raise NotImplementedError

    def functions(self) -> Mapping[str, str]:
        return {}

    def table(self, rows: Rows) -> Sequence[tuple[str, str]]:
        return [
            *self._file(f"gold{self._separator}{rows.table}.parquet"),
            ("Source", "Parquet.Document(Content)"),
            chosen(rows),
        ]

    def whole_fact(self, rows: Rows) -> Sequence[tuple[str, str]]:
        joined = "Table.Combine(List.Transform(Parquet[Content], each Parquet.Document(_)))"
        return [*self._parquet_files(rows), ("Source", joined), chosen(rows)]

    def _parquet_files(self, rows: Rows) -> Sequence[tuple[str, str]]:
        return [
            *self._folder(f"gold{self._separator}{rows.table}"),
            ("Parquet", 'Table.SelectRows(Files, each Text.EndsWith([Name], ".parquet") and Text.Contains([Name], "month="))'),
        ]

    def months(self, rows: Rows) -> Sequence[tuple[str, str]]:
        """The name of a file states its month, so that files outside the range are never opened."""
        columns = m_list(rows.columns)
        return [
            *self._parquet_files(rows),
            ("Months", 'Table.AddColumn(Parquet, "Month", each MonthOf([Name]), type datetime)'),
            ("InRange", "Table.SelectRows(Months, each [Month] >= RangeStart and [Month] < RangeEnd)"),
            (
                "Chosen",
                f"if Table.IsEmpty(InRange) then #table({columns}, {{}}) else "
                f"Table.SelectColumns(Table.Combine(List.Transform(InRange[Content], each Parquet.Document(_))), {columns})",
            ),
        ]

    def release(self) -> Sequence[tuple[str, str]]:
        """release.json is not whole while the files are being replaced: a refresh then fails, and loads no mixture."""
        return [*self._file("release.json"), ("Release", "Json.Document(Content)"), ("Current", _WHOLE)]


class Local(_Files):
    _separator = "\\"

    def _file(self, path: str) -> Sequence[tuple[str, str]]:
        return [("Content", f"File.Contents(ShopFolder & {m_text(self._separator + path)})")]

    def _folder(self, path: str) -> Sequence[tuple[str, str]]:
        return [("Files", f"Folder.Files(ShopFolder & {m_text(self._separator + path)})")]


class DataLake(_Files):
    def _file(self, path: str) -> Sequence[tuple[str, str]]:
        folder, _, name = path.rpartition("/")
        place = f"ShopUrl & {m_text(f'/{folder}')}" if folder else "ShopUrl"
        return [
            ("Files", f"AzureStorage.DataLake({place}, [HierarchicalNavigation = true])"),
            ("Content", f"Files{{[Name = {m_text(name)}]}}[Content]"),
        ]

    def _folder(self, path: str) -> Sequence[tuple[str, str]]:
        place = f"ShopUrl & {m_text(f'/{path}')}"
        return [("Files", f"AzureStorage.DataLake({place}, [HierarchicalNavigation = true])")]


class Blobs(_Files):
    _CONTAINER = ("Container", "AzureStorage.Blobs(AccountUrl){[Name = ContainerName]}[Data]")

    def _file(self, path: str) -> Sequence[tuple[str, str]]:
        return [self._CONTAINER, ("Content", f"Container{{[Name = ShopPrefix & {m_text(path)}]}}[Content]")]

    def _folder(self, path: str) -> Sequence[tuple[str, str]]:
        begins = f"each Text.StartsWith([Name], ShopPrefix & {m_text(f'{path}/')})"
        return [self._CONTAINER, ("Files", f"Table.SelectRows(Container, {begins})")]


class Api:
    """The API of `ecom-lake serve`. All pages of a table are of one release; with a number in ReleaseNumber, all tables are."""

    def __init__(self, parameters: Mapping[str, str], shop: str) -> None:
        self.parameters = parameters
        self._shop = shop

    def functions(self) -> Mapping[str, str]:
        return {"RowsOf": _ROWS_OF.replace("SHOP", self._shop)}

    def table(self, rows: Rows) -> Sequence[tuple[str, str]]:
        conditions = [
            f"{name}:eq:{str(value).lower() if isinstance(value, bool) else value}" for name, value in rows.where.items()
        ]
        return [("Source", f"RowsOf({m_text(rows.table)}, {m_list(rows.columns)}, {m_list(conditions)})")]

    def whole_fact(self, rows: Rows) -> Sequence[tuple[str, str]]:
        return self.table(rows)

    def months(self, rows: Rows) -> Sequence[tuple[str, str]]:
        columns = m_list(rows.columns)
        first, last = (f'Date.ToText(Date.From(Range{end}), [Format = "yyyy-MM-dd"])' for end in ("Start", "End"))
        return [
            (
                "Source",
                f'RowsOf({m_text(rows.table)}, {columns}, {{"month:ge:" & {first}, "month:lt:" & {last}}})',
            ),
            ("IsFirst", "FirstMonth >= RangeStart and FirstMonth < RangeEnd"),
            (
                "WithUndated",
                f'if IsFirst then Source & RowsOf({m_text(rows.table)}, {columns}, {{"month:is:null"}}) else Source',
            ),
        ]

    def release(self) -> Sequence[tuple[str, str]]:
        path = m_text(f"v1/shops/{self._shop}")
        return [
            ("Content", f"Web.Contents(ApiUrl, [RelativePath = {path}])"),
            ("Latest", "Json.Document(Content)"),
            ("Current", 'if ReleaseNumber = "latest" then Latest else [release = Number.FromText(ReleaseNumber)]'),
        ]


_ROWS_OF = """\
(table as text, columns as list, conditions as list) as table =>
    let
        Page = (cursor as text) as record =>
            Json.Document(
                Web.Contents(
                    ApiUrl,
                    [
                        RelativePath = "v1/shops/SHOP/tables/" & table & "/rows",
                        Query = [format = "json", limit = "10000", columns = Text.Combine(columns, ",")]
                            & (if List.IsEmpty(conditions) then [] else [where = conditions])
                            & (if cursor <> "" then [cursor = cursor] else [])
                            & (if cursor = "" and ReleaseNumber <> "latest" then [release = ReleaseNumber] else [])
                    ]
                )
            ),
        Pages = List.Generate(
            () => Page(""),
            each _ <> null,
            each if [next] = null then null else Page([next]),
            each [rows]
        ),
        Rows = Table.FromRecords(List.Combine(Pages), columns)
    in
        Rows"""
