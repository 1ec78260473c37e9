"""The files of the semantic model, in TMDL, as Power BI Desktop writes them.

Here: syntax. Not here: what is in the model (`model.py`) and where its rows are read (`sources.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ecom_lake.publish.powerbi.formats import TYPES
from ecom_lake.publish.powerbi.model import MEASURE_TABLE, Model, ModelColumn, ModelMeasure, ModelTable, Relationship
from ecom_lake.publish.powerbi.naming import m_text, quoted, tag
from ecom_lake.publish.powerbi.refresh import History
from ecom_lake.publish.powerbi.sources import Rows, Source

CULTURE = "en-US"
RELEASE_TABLE = "Release"
_COLUMN_NOTE = "annotation SummarizationSetBy = User"
_DATE_NOTE = "annotation UnderlyingDateTimeDataType = Date"


def files(model: Model, source: Source, history: History | None, shop: str) -> dict[str, str]:
    """Each file of the folder `definition` with its text. `history` is None where no order has a date."""
    tables = {table.name: _table(table, source, history) for table in model.tables}
    tables[RELEASE_TABLE] = _release(source, shop)
    tables[MEASURE_TABLE] = _measures(model.measures)
    parameters = _parameters(source, history)
    return {
        "database.tmdl": "database\n\tcompatibilityLevel: 1600\n\n",
        "model.tmdl": _model([*parameters], [*tables]),
        "expressions.tmdl": "".join(_expression(name, text) for name, text in parameters.items()),
        "relationships.tmdl": "".join(map(_relationship, model.relationships)),
        f"cultures/{CULTURE}.tmdl": f"cultureInfo {CULTURE}\n\n",
    } | {f"tables/{name}.tmdl": text for name, text in tables.items()}


def _indented(text: str, tabs: int) -> str:
    return "\n".join("\t" * tabs + line if line else "" for line in text.split("\n"))


def _described(text: str, tabs: int = 0) -> str:
    return _indented(f"/// {' '.join(text.split())}", tabs)


# ------------------------------------------------------------------------------------------------------------- the model


def _model(queries: Sequence[str], tables: Sequence[str]) -> str:
    references = "".join(f"ref table {quoted(name)}\n" for name in tables)
    return f"""\
model Model
	culture: {CULTURE}
	defaultPowerBIDataSourceVersion: powerBI_V3
	discourageImplicitMeasures
	sourceQueryCulture: {CULTURE}
	dataAccessOptions
		legacyRedirects
		returnErrorValuesAsNull

annotation __PBI_TimeIntelligenceEnabled = 0

annotation PBI_QueryOrder = {json.dumps([*queries, *tables])}

{references}
ref cultureInfo {CULTURE}

"""


_PARAMETER = '{value} meta [IsParameterQuery=true, Type="{type}", IsParameterQueryRequired=true]'


def _parameters(source: Source, history: History | None) -> dict[str, tuple[str, str]]:
    """Every shared query: its M expression and the type of its result."""
    found = {name: (_PARAMETER.format(value=m_text(value), type="Text"), "Text") for name, value in source.parameters.items()}
    functions = dict(source.functions())
    if history:
        ranges = history.parameters()
        found |= {name: (_PARAMETER.format(value=value, type="DateTime"), "DateTime") for name, value in ranges.items()}
        functions |= history.functions()
    return found | {name: (text, "Function" if "=>" in text else "DateTime") for name, text in functions.items()}


def _expression(name: str, found: tuple[str, str]) -> str:
    text, result = found
    written = f" {text}" if "\n" not in text else f"\n{_indented(text, 2)}"
    return f"expression {name} ={written}\n\tlineageTag: {tag('expression', name)}\n\n\tannotation PBI_ResultType = {result}\n\n"


def _relationship(one: Relationship) -> str:
    ends = (one.table, one.column, one.to_table, one.to_column)
    both = "\tcrossFilteringBehavior: bothDirections\n\tfromCardinality: one\n" if one.is_one_to_one else ""
    return (
        f"relationship {tag('relationship', *ends)}\n{both}"
        f"\tfromColumn: {quoted(one.table)}.{quoted(one.column)}\n"
        f"\ttoColumn: {quoted(one.to_table)}.{quoted(one.to_column)}\n\n"
    )


# ------------------------------------------------------------------------------------------------------------- one table


def _table(table: ModelTable, source: Source, history: History | None) -> str:
    is_monthly = table.contract.monthly
    steps = _steps(table, source, history)
    lines = [*_head(table.name, f"{table.contract.grain} Gold table {table.definition.gold}.")]
    if table.definition.is_calendar:
        lines.append("\tdataCategory: Time")
    lines.append("")
    if is_monthly and history:
        lines += ["\trefreshPolicy", _indented(history.policy(), 2), "\t\tsourceExpression =", _indented(_let(steps), 3), ""]
    for column in table.columns:
        lines += _column(table, column)
    lines += _hierarchy(table)
    return "\n".join([*lines, *_partition(table.name, _let(steps))])


def _head(name: str, description: str) -> Iterable[str]:
    return (_described(description), f"table {quoted(name)}", f"\tlineageTag: {tag('table', name)}")


def _column(table: ModelTable, column: ModelColumn) -> Iterable[str]:
    yield _described(column.column.meaning, 1)
    yield f"\tcolumn {quoted(column.name)}"
    yield f"\t\tdataType: {TYPES[column.column.kind.name].tmdl}"
    if column.is_hidden:
        yield "\t\tisHidden"
    if column.is_key and table.definition.is_calendar:
        yield "\t\tisKey"
    if column.format:
        yield f"\t\tformatString: {column.format}"
    yield f"\t\tlineageTag: {tag('column', table.name, column.source)}"
    yield "\t\tsummarizeBy: none"
    yield f"\t\tsourceColumn: {column.source}"
    if column.sort_by:
        yield f"\t\tsortByColumn: {quoted(column.sort_by)}"
    yield from ("", f"\t\t{_COLUMN_NOTE}", "")
    if column.column.kind.name == "date":
        yield from (f"\t\t{_DATE_NOTE}", "")


def _hierarchy(table: ModelTable) -> Iterable[str]:
    name = table.definition.hierarchy[0]
    if not table.levels:
        return
    yield from (f"\thierarchy {quoted(name)}", f"\t\tlineageTag: {tag('hierarchy', table.name, name)}", "")
    for level in table.levels:
        yield f"\t\tlevel {quoted(level)}"
        yield f"\t\t\tlineageTag: {tag('level', table.name, name, level)}"
        yield from (f"\t\t\tcolumn: {quoted(level)}", "")


def _partition(name: str, m: str) -> Iterable[str]:
    yield from (f"\tpartition {quoted(name)} = m", "\t\tmode: import", "\t\tsource =", _indented(m, 4), "")
    yield from ("\tannotation PBI_ResultType = Table", "", "")


def _steps(table: ModelTable, source: Source, history: History | None) -> Sequence[tuple[str, str]]:
    rows = Rows(table.definition.gold, [column.source for column in table.columns], table.definition.where)
    if table.contract.monthly and history:
        steps = [*source.months(rows)]
    elif table.contract.monthly:
        steps = [*source.whole_fact(rows)]
    else:
        steps = [*source.table(rows)]
    types = ", ".join(f"{{{m_text(column.source)}, {TYPES[column.column.kind.name].m}}}" for column in table.columns)
    return [*steps, ("Typed", f'Table.TransformColumnTypes({steps[-1][0]}, {{{types}}}, "{CULTURE}")')]


def _let(steps: Sequence[tuple[str, str]]) -> str:
    listed = ",\n".join(f"    {name} = {expression}" for name, expression in steps)
    return f"let\n{listed}\nin\n    {steps[-1][0]}"


# ---------------------------------------------------------------------------------------------- tables that are not gold


def _release(source: Source, shop: str) -> str:
    columns = {"Shop": ("shop", "string"), "Release Number": ("release", "int64")}
    row = f"[shop = {m_text(shop)}, release = Current[release]]"
    steps = [*source.release(), ("Row", f"Table.FromRecords({{{row}}}, type table [shop = text, release = Int64.Type])")]
    lines = [*_head(RELEASE_TABLE, "One row: the shop, and the number of the release that the latest refresh read."), ""]
    for name, (gold, kind) in columns.items():
        lines += _plain_column(RELEASE_TABLE, name, gold, kind)
    return "\n".join([*lines, *_partition(RELEASE_TABLE, _let(steps))])


def _plain_column(table: str, name: str, source: str, kind: str, is_hidden: bool = False) -> Iterable[str]:
    yield from (f"\tcolumn {quoted(name)}", f"\t\tdataType: {kind}")
    if is_hidden:
        yield "\t\tisHidden"
    if kind == "int64":
        yield "\t\tformatString: 0"
    yield f"\t\tlineageTag: {tag('column', table, source)}"
    yield from ("\t\tsummarizeBy: none", f"\t\tsourceColumn: {source}", "", f"\t\t{_COLUMN_NOTE}", "")


def _measures(measures: Sequence[ModelMeasure]) -> str:
    lines = [*_head(MEASURE_TABLE, "The measures. The table has no rows."), ""]
    for one in measures:
        lines += _measure(one)
    lines += _plain_column(MEASURE_TABLE, "Placeholder", "Placeholder", "string", is_hidden=True)
    return "\n".join(
        [*lines, *_partition(MEASURE_TABLE, "let\n    Empty = #table(type table [Placeholder = text], {})\nin\n    Empty")]
    )


def _measure(one: ModelMeasure) -> Iterable[str]:
    name = one.measure.name
    yield _described(one.meaning, 1)
    if "\n" in one.dax:
        yield from (f"\tmeasure {quoted(name)} =", _indented(one.dax, 3))
    else:
        yield f"\tmeasure {quoted(name)} = {one.dax}"
    yield from (f"\t\tformatString: {one.format}", f"\t\tdisplayFolder: {one.measure.folder}")
    yield from (f"\t\tlineageTag: {tag('measure', name)}", "")
