"""One table of a map as one query: the engine writes FROM, JOIN, WHERE and GROUP BY around the cells of the map.

Each record of the kind gives one row, or belongs to the row of its group: a lookup has each key once.
Here: the steps of the query, in order. Not here: the text form of a cell's value (output.py), running the query (run_facet.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import duckdb

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.duckdb_engine import literal, name
from ecom_lake.engine.mapping.cells import Cell, Scope, read_cell
from ecom_lake.engine.mapping.columns_used import facet_columns, is_collapsed, lookup_columns
from ecom_lake.engine.mapping.definitions import Facet, Map, MapError, MapLookup
from ecom_lake.engine.mapping.groups import GROUP, KEY, RECORDS, Aggregates, GroupHelpers, GroupRows, Windows
from ecom_lake.engine.mapping.kind_rows import MAPPED, kind_rows
from ecom_lake.engine.mapping.lookups import Step, looked_up, lookup_steps, repeated_keys, table
from ecom_lake.engine.mapping.output import Output, is_value, may_fail, output_sql
from ecom_lake.engine.mapping.rewriting import Formats, Rewriter
from ecom_lake.engine.mapping.syntax import column_path, error_sentence, nodes, parse_expression, print_expression
from ecom_lake.engine.mapping.words import unlisted_value

SEQUENCE, RECORD = LINEAGE
FIRST = "first_record"


@dataclass(frozen=True)
class Query:
    steps: tuple[Step, ...]
    """Each step's name and its query; a step reads the steps before it."""
    columns: Mapping[str, str]
    """Column of the result → its expression over the last step."""
    kept: str
    """The step with the records that `where` does not leave out."""
    unlisted: Mapping[str, str]
    """Column with the values that a word list does not have → the list's name. The row of a group may have several of them."""
    lookups: Mapping[str, str]
    """Lookup by a query → the query for the number of keys that it has more than once."""

    @property
    def sql(self) -> str:
        given = ",\n  ".join(f"{expression} as {name(column)}" for column, expression in self.columns.items())
        return f"{_with(self.steps)}\nselect\n  {given}\nfrom {self.steps[-1][0]}"

    @property
    def kept_sql(self) -> str:
        """A query for the number of records of each delivery that `where` does not leave out."""
        upto = [step for step, _ in self.steps].index(self.kept) + 1
        return f"{_with(self.steps[:upto])}\nselect {SEQUENCE}, count(*) from {self.kept} group by {SEQUENCE}"

    @property
    def groups_sql(self) -> str:
        """A query for the first record of each record's group; without groups, for each record itself."""
        names = [step for step, _ in self.steps]
        last = "keyed" if "keyed" in names else self.kept
        first = f"min({RECORD}) over (partition by {GROUP})" if last == "keyed" else RECORD
        upto = names.index(last) + 1
        return f"{_with(self.steps[:upto])}\nselect {SEQUENCE}, {RECORD}, {first} as {FIRST} from {last}"


def compile_facet(map_: Map, facet: Facet, con: duckdb.DuckDBPyConnection) -> Query:
    """`con` has the word lists, and the rows of the kinds or empty tables with their columns; it decides the cells' types.

    Raises `MapError` for a cell whose types do not fit."""
    compiler = _Compiler(map_, facet)
    outputs = compiler.outputs()
    steps, kept = compiler.steps(outputs)
    types = _types(map_, facet, outputs, steps, con)
    columns = {column: output_sql(output, types[column]) for column, output in outputs.items()}
    target = {column: columns.get(column, "null::varchar") for column in map_.targets[facet.target].columns}
    unlisted = {f"_unlisted{number}": pair for number, pair in enumerate(compiler.unlisted(), start=1)}
    more = {column: values for column, (_, values) in unlisted.items()}
    counted = {RECORDS: RECORDS} if compiler.is_collapsed else {}
    return Query(
        steps=tuple(steps),
        columns={**target, SEQUENCE: SEQUENCE, RECORD: RECORD, **counted, **more},
        kept=kept,
        unlisted={column: words for column, (words, _) in unlisted.items()},
        lookups=dict(compiler.repeated_keys()),
    )


def _with(steps: Iterable[Step]) -> str:
    return "with\n" + ",\n".join(f"{step} as (\n  {query}\n)" for step, query in steps)


def _types(
    map_: Map, facet: Facet, outputs: Mapping[str, Output], steps: Sequence[Step], con: duckdb.DuckDBPyConnection
) -> dict[str, str]:
    """DuckDB's type of each cell."""

    def types_of(columns: Iterable[str]) -> dict[str, str]:
        given = ", ".join(f"{outputs[column].value} as {name(column)}" for column in columns)
        found = con.execute(f"describe {_with(steps)} select {given} from {steps[-1][0]}").fetchall()
        return {column: kind for column, kind, *_ in found}

    try:
        types = types_of(outputs)
    except duckdb.Error as first:
        for column in outputs:
            try:
                types_of([column])
            except duckdb.Error as error:
                raise _wrong_cell(map_, facet, column, error_sentence(error)) from None
        raise MapError(map_.where, f"[{facet.target}] from {facet.kind} cannot be computed: {error_sentence(first)}.") from None
    for column, kind in types.items():
        if not is_value(kind):
            raise _wrong_cell(map_, facet, column, f"it is of the type {kind}, which no column has")
    return types


def _wrong_cell(map_: Map, facet: Facet, column: str, why: str) -> MapError:
    return MapError(map_.where, f"[{facet.target}] {column} from {facet.kind} cannot be computed: {why}.")


@dataclass
class _Compiler:
    map_: Map
    facet: Facet
    formats: Formats = field(default_factory=Formats)
    windows: Windows = field(default_factory=Windows)
    group_rows: GroupRows = field(default_factory=GroupRows)
    words: set[tuple[str, str]] = field(default_factory=set)
    """Each word list that is used, with the SQL of the text that is looked up in it."""
    words_of_records: set[tuple[str, str]] = field(default_factory=set)
    """The same of the records of groups, before a group becomes one row."""

    @cached_property
    def cells(self) -> dict[str, Cell]:
        scope = Scope.GROUP if self.facet.per is not None else Scope.ROW
        return {column: read_cell(text, scope) for column, text in self.facet.cells.items()}

    @cached_property
    def is_collapsed(self) -> bool:
        return is_collapsed(self.facet)

    def outputs(self) -> dict[str, Output]:
        return {column: self._output(cell) for column, cell in self.cells.items()}

    def _output(self, cell: Cell) -> Output:
        rewriter = self._rewriter(self.words)
        over_group = (
            Aggregates(rewriter, self.group_rows, self.words_of_records)
            if self.is_collapsed
            else GroupHelpers(rewriter, self.windows)
        )
        value = print_expression(rewriter.rewritten(cell.tree, over_group.replaced))
        unread = (*(read.unread for read in rewriter.reads), *over_group.unread)
        whole = [read.text for read in rewriter.reads if read.value == value]
        return Output(value, unread, cell, whole[0] if whole and len(unread) == 1 else None)

    def steps(self, outputs: Mapping[str, Output]) -> tuple[list[Step], str]:
        """The steps, and the name of the one that has the records which `where` does not leave out."""
        facet = self.facet
        where, key = self._condition(), self._row_expression(facet.per)
        steps = [*self._lookup_steps(), ("source", kind_rows(facet_columns(facet), MAPPED))]
        if facet.join:
            steps.append(("joined", self._joined()))
        if self.formats.choices:
            steps += self._format_steps(steps[-1][0])
        if where is not None:
            steps.append(("kept", f"select * from {steps[-1][0]} where {where}"))
        kept = steps[-1][0]
        if key is not None:
            steps.append(("keyed", f"select *, {key} as {KEY} from {kept}"))
        if self.is_collapsed:
            for words, text in sorted(self.words_of_records):
                self.group_rows.unlisted(words, text)
            steps.append(("grouped", self.group_rows.query("keyed", _columns_in(outputs.values()))))
        steps += self.windows.queries(steps[-1][0])
        return steps, kept

    def unlisted(self) -> Iterator[tuple[str, str]]:
        """Each word list that is used, with the SQL of the values that it does not have. After `steps`."""
        for words, text in sorted(self.words_of_records):
            yield words, self.group_rows.unlisted(words, text)
        for words, text in sorted(self.words - self.words_of_records):
            yield words, unlisted_value(words, text)

    def repeated_keys(self) -> Iterator[tuple[str, str]]:
        for lookup in self._lookups():
            if lookup.sql is not None:
                steps = lookup_steps(self.map_, lookup, lookup_columns(self.facet, lookup.name))
                yield lookup.name, f"{_with(steps)}\n{repeated_keys(lookup)}"

    def _lookups(self) -> list[MapLookup]:
        return [self.map_.lookups[name_] for name_ in self.facet.join]

    def _lookup_steps(self) -> Iterator[Step]:
        for lookup in self._lookups():
            yield from lookup_steps(self.map_, lookup, lookup_columns(self.facet, lookup.name))

    def _joined(self) -> str:
        columns = [looked_up(one, column) for one in self._lookups() for column in sorted(lookup_columns(self.facet, one.name))]
        joins = [
            f"left join {table(lookup)} on ({self._row_expression(self.facet.join[lookup.name])})::varchar"
            f" = {looked_up(lookup, lookup.on)}::varchar"
            for lookup in self._lookups()
        ]
        return f"select {', '.join(['source.*', *columns])} from source {' '.join(joins)}"

    def _format_steps(self, source: str) -> list[Step]:
        """For each delivery, the first format that reads every text that any of the formats reads; none where two of them do so
        and give different times, because nothing decides between them."""
        read, fitting, chosen = [], [], []
        for text, formats in self.formats.choices.items():
            column = self.formats.column_of(text, formats)
            times = [f"{column}_{number}" for number in range(1, len(formats) + 1)]
            read += [f"{_with_century(text, one)} as {time}" for time, one in zip(times, formats, strict=True)]
            is_read = " or ".join(f"{time} is not null" for time in times)
            of_each = (
                f"case when bool_and({time} is not null or not ({is_read})) then sum(hash({text}, {time})) end" for time in times
            )
            fitting.append(f"[{', '.join(of_each)}] as {column}")
            chosen.append(
                f"case len(list_distinct({column})) when 1 then list_position({column}, list_max({column})) end as {column}"
            )
        names = ", ".join(self.formats.column_of(text, formats) for text, formats in self.formats.choices.items())
        return [
            ("read", f"select *, {', '.join(read)} from {source}"),
            ("fitting", f"select {SEQUENCE}, {', '.join(fitting)} from read group by {SEQUENCE}"),
            ("formats", f"select {SEQUENCE}, {', '.join(chosen)} from fitting"),
            ("dated", f"select {source}.*, {names} from {source} join formats using ({SEQUENCE})"),
        ]

    def _condition(self) -> str | None:
        """What `where` keeps. A record that it cannot read or compute is kept, so that the contract can refuse it."""
        if self.facet.where is None:
            return None
        rewriter = self._record_rewriter()
        cell = read_cell(self.facet.where, Scope.ROW)
        condition = print_expression(rewriter.rewritten(cell.tree))
        if may_fail(cell):
            condition = f"coalesce(try(coalesce({condition}, false)), true)"
        return " or ".join([f"({condition})", *(f"({read.unread}) is not null" for read in rewriter.reads)])

    def _row_expression(self, text: str | None) -> str | None:
        """A key or a value that is looked up; NULL where it cannot be computed."""
        if text is None:
            return None
        cell = read_cell(text, Scope.ROW)
        expression = print_expression(self._record_rewriter().rewritten(cell.tree))
        return f"try({expression})" if may_fail(cell) else expression

    def _record_rewriter(self) -> Rewriter:
        return self._rewriter(self.words_of_records if self.is_collapsed else self.words)

    def _rewriter(self, words: set[tuple[str, str]]) -> Rewriter:
        return Rewriter(self.map_.kinds[self.facet.kind], self.formats, words)


def _with_century(text: str, time_format: str) -> str:
    """The time that a format reads. `%Y` reads a year of two digits as one of the first century, in which no shop has dates."""
    time = f"try_strptime({text}, {literal(time_format)})"
    return f"case when year({time}) > 99 then {time} end"


def _columns_in(outputs: Iterable[Output]) -> list[str]:
    """The plain columns that the outputs use."""
    trees = [parse_expression(sql) for output in outputs for sql in (output.value, *output.unread)]
    names = {path[0] for tree in trees for node in nodes(tree) if (path := column_path(node))}
    return sorted(name_ for name_ in names if not name_.startswith("_group"))
