"""What must be true of the semantic model beyond what parsers find: names that exist, types that match, one path for a filter."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator

from ecom_lake.publish.powerbi.formats import TYPES
from ecom_lake_tests.publish.powerbi import dax_reader, m_reader
from ecom_lake_tests.publish.powerbi.checked_project import Project
from ecom_lake_tests.publish.powerbi.tmdl_reader import Node

FILES = ("database.tmdl", "model.tmdl", "expressions.tmdl", "relationships.tmdl", "cultures/en-US.tmdl")
_DATA_TYPES = {"string", "int64", "decimal", "double", "boolean", "dateTime"}
_M_TYPES = {one.m: one.tmdl for one in TYPES.values()} | {"text": "string"}
_WITHOUT_CONTRACT = ("Key Measures", "Release")
_RESERVED = frozenset(("measures",))
"""Names that Analysis Services refuses for a table, in lower case."""
_NUMBERS = {"int64", "decimal", "double"}
_LOADED = re.compile(r'gold[\\/](\w+)(?:\.parquet)?"|RowsOf\("(\w+)"|gold/(\w+)/"|\[Name = "(\w+)\.parquet"\]')


def problems(project: Project) -> Iterator[str]:
    for file in FILES:
        if file not in project.tmdl:
            yield f"{file} is missing or cannot be read"
    yield from _whole_model(project)
    yield from _names(project)
    yield from _tags(project)
    for name, table in project.tables.items():
        for column in table.of("column"):
            yield from (f"{name}[{column.name}]: {what}" for what in _column(table, column))
        for check in (_calendar, _notes, _hierarchies):
            yield from (f"{name}: {what}" for what in check(table))
        yield from (f"{name}: {what}" for what in _query(project, table))
        yield from (f"{name}: {what}" for what in _policy(project, table))
    for name, (_, measure) in project.measures.items():
        yield from (f"[{name}]: {what}" for what in _measure(project, measure))
    yield from _circles(project)
    yield from _relationships(project)
    yield from _expressions(project)


# ------------------------------------------------------------------------------------------------------------- the whole


def _whole_model(project: Project) -> Iterator[str]:
    database = next(iter(project.objects("database.tmdl", "database")), None)
    if not database or int(database.properties.get("compatibilityLevel", "0")) < 1600:
        yield "the compatibility level is below 1600"
    model = next(iter(project.objects("model.tmdl", "model")), None)
    if not model or model.properties.get("defaultPowerBIDataSourceVersion") != "powerBI_V3":
        yield "defaultPowerBIDataSourceVersion is not powerBI_V3"
    if not model or "discourageImplicitMeasures" not in model.properties:
        yield "implicit measures are not discouraged"
    cultures = {one.name for one in project.objects("cultures/en-US.tmdl", "cultureInfo")}
    if not model or cultures != {model.properties.get("culture")} or cultures != {model.properties.get("sourceQueryCulture")}:
        yield "the cultures of the model, its queries and its texts differ"
    if cultures != {one.name for one in project.objects("model.tmdl", "ref") if one.value == "cultureInfo"}:
        yield "ref cultureInfo does not name the culture"
    notes = {one.name: one.value for one in project.objects("model.tmdl", "annotation")}
    if notes.get("__PBI_TimeIntelligenceEnabled") != "0":
        yield "automatic date tables are not switched off"
    tables = [one.name for one in project.objects("model.tmdl", "ref") if one.value == "table"]
    if Counter(tables) != Counter(project.tables.keys()):
        yield f"ref table names {sorted(set(tables) ^ set(project.tables))} or one twice"
    queries = [*project.tables, *(one.name for one in project.objects("expressions.tmdl", "expression"))]
    if missing := set(json.loads(notes.get("PBI_QueryOrder", "[]"))) ^ set(queries):
        yield f"PBI_QueryOrder and the queries differ in {sorted(missing)}"
    for path in project.tmdl:
        named = [table.name for table in project.objects(path, "table")]
        if path.startswith("tables/") and named != [path.removeprefix("tables/").removesuffix(".tmdl")]:
            yield f"{path} defines {named}"


def _names(project: Project) -> Iterator[str]:
    """Names are equal whatever their case. Tables, parameters and functions are all queries, which share one set of names."""
    yield from _twice("queries", [*project.tables, *(one.name for one in project.objects("expressions.tmdl", "expression"))])
    yield from (f"{name} is a reserved name" for name in project.tables if name.casefold() in _RESERVED)
    for name, table in project.tables.items():
        fields = [one.name for one in table.children if one.kind in ("column", "measure", "hierarchy")]
        yield from _twice(f"fields of {name}", fields)
    measures = [one.name for table in project.tables.values() for one in table.of("measure")]
    yield from _twice("measures", measures)


def _twice(what: str, names: object) -> Iterator[str]:
    counts = Counter(str(name).casefold() for name in names)  # type: ignore[attr-defined]
    yield from (f"two {what} are called {name}" for name, count in counts.items() if count > 1)


def _tags(project: Project) -> Iterator[str]:
    """Every object has a tag of its own."""
    tags: list[str] = []
    for path, root in project.tmdl.items():
        for node in _all(root):
            if node.kind not in ("table", "column", "measure", "hierarchy", "level", "expression"):
                continue
            tag = node.properties.get("lineageTag", "")
            tags.append(tag)
            if not _is_uuid(tag):
                yield f"{path}: {node.kind} {node.name} has no valid lineage tag"
    yield from (f"the lineage tag {tag} is there {count} times" for tag, count in Counter(tags).items() if count > 1)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


# --------------------------------------------------------------------------------------------------------------- columns


def _column(table: Node, column: Node) -> Iterator[str]:
    kind = column.properties.get("dataType", "")
    if kind not in _DATA_TYPES:
        yield f"{kind or 'nothing'} is no data type"
    if column.properties.get("summarizeBy") != "none":
        yield "it is summed implicitly"
    if "sourceColumn" not in column.properties:
        yield "it has no sourceColumn"
    if kind in _NUMBERS | {"dateTime"} and "formatString" not in column.properties:
        yield "it has no format"
    if table.name not in _WITHOUT_CONTRACT and not column.description:
        yield "it has no description"
    if not any(note.name == "SummarizationSetBy" for note in column.of("annotation")):
        yield "Power BI may set another summarization"
    if (column.name == column.properties.get("sourceColumn")) != ("isHidden" in column.properties):
        yield "a column with its name in gold is hidden, and one with a business name is shown"
    by = column.properties.get("sortByColumn", "").strip("'")
    if table.name == "Date" and kind == "string" and not by:
        yield "names of months and weekdays are sorted by the alphabet"
    if by and (by not in {other.name for other in table.of("column")} or by == column.name):
        yield f"it is sorted by {by}, which is no other column of {table.name}"


def _calendar(table: Node) -> Iterator[str]:
    """The date table is marked as one: its key is a date."""
    keys = [column.properties.get("sourceColumn") for column in table.of("column") if "isKey" in column.properties]
    is_calendar = table.properties.get("dataCategory") == "Time"
    if is_calendar != (table.name == "Date") or keys != (["date"] if table.name == "Date" else []):
        yield "the date table, and no other one, has the data category Time and a key"


def _notes(table: Node) -> Iterator[str]:
    """The annotations by which Power BI recognizes dates and queries."""
    source = next((one.value for part in table.of("partition") for one in part.of("source")), "")
    for column in table.of("column"):
        is_date = f'{{"{column.properties.get("sourceColumn")}", type date}}' in source
        if is_date != any(note.name == "UnderlyingDateTimeDataType" and note.value == "Date" for note in column.of("annotation")):
            yield f"{column.name} is a date without a note, or the reverse"
    if [(note.name, note.value) for note in table.of("annotation")] != [("PBI_ResultType", "Table")]:
        yield "it has no note that its query gives a table"
    if not table.description:
        yield "it has no description"


def _hierarchies(table: Node) -> Iterator[str]:
    columns = {column.name for column in table.of("column")}
    for hierarchy in table.of("hierarchy"):
        levels = hierarchy.of("level")
        if len(levels) < 2:
            yield f"hierarchy {hierarchy.name} has fewer than two levels"
        for level in levels:
            if level.properties.get("column", "").strip("'") not in columns:
                yield f"level {level.name} has no column"


def _query(project: Project, table: Node) -> Iterator[str]:
    """The query gives the columns, with their types, of a table that the release has."""
    partitions = table.of("partition")
    if len(partitions) != 1 or partitions[0].value != "m" or partitions[0].properties.get("mode") != "import":
        yield "it has not one partition that is imported by M"
        return
    source = partitions[0].of("source")
    if not source:
        yield "its partition has no query"
        return
    text = source[0].value
    yield from _m(project, text)
    if table.name in _WITHOUT_CONTRACT:
        return
    typed = dict(re.findall(r'\{"(\w+)", ([\w. ]+)\}', text.rsplit("TransformColumnTypes", 1)[-1]))
    columns = {column.properties.get("sourceColumn", ""): column.properties.get("dataType") for column in table.of("column")}
    if {name: _M_TYPES.get(kind) for name, kind in typed.items()} != columns:
        yield "the types of its query are not those of its columns"
    lists = [re.findall(r'"(\w+)"', chosen) for chosen in re.findall(r'\{("\w+"(?:, "\w+")*)\}', text)]
    if not any(chosen == [*typed] for chosen in lists) or any(
        set(chosen) & set(typed) and chosen != [*typed] for chosen in lists if len(chosen) > 1
    ):
        yield "the columns of its query are not those of its types"
    yield from _loaded(project, text, typed)


def _loaded(project: Project, text: str, typed: dict[str, str]) -> Iterator[str]:
    gold = {name for names in _LOADED.findall(text) for name in names if name}
    if len(gold) != 1 or not gold <= project.contracts.keys():
        yield f"it loads {sorted(gold)}, which is not one table of the release"
        return
    contract = project.contracts[gold.pop()]
    for name, kind in typed.items():
        if name not in contract.columns:
            yield f"{contract.name} has no column {name}"
        elif TYPES[contract.columns[name].kind.name].m != kind:
            yield f"{contract.name}.{name} is not of {kind}"
    used = re.findall(
        r"each \[(\w+)\] = |and \[(\w+)\] = ", text.split("Table.SelectRows(Source", 1)[-1] if "SelectRows(Source" in text else ""
    )
    for name in {one for pair in used for one in pair if one}:
        if name not in contract.columns:
            yield f"{contract.name} has no column {name}, which its rows are chosen by"


def _policy(project: Project, table: Node) -> Iterator[str]:
    policies = table.of("refreshPolicy")
    source = next((one.value for part in table.of("partition") for one in part.of("source")), "")
    uses_range = "RangeStart" in source or "RangeEnd" in source
    if uses_range != bool(policies):
        yield "it has a range without a refresh policy, or the reverse"
    for policy in policies:
        if [one.value for one in policy.of("sourceExpression")] != [source]:
            yield "the query of the refresh policy is not that of the partition"
        periods = [policy.properties.get(name, "0") for name in ("rollingWindowPeriods", "incrementalPeriods")]
        granularity = [policy.properties.get(name) for name in ("rollingWindowGranularity", "incrementalGranularity")]
        if policy.properties.get("policyType") != "basic" or granularity != ["year", "month"]:
            yield "its refresh policy is not basic, by year and month"
        if not all(period.isdigit() and int(period) > 0 for period in periods):
            yield "its refresh policy keeps or refreshes nothing"
        is_half_open = re.search(r">= RangeStart and \[Month\] < RangeEnd", source) or (
            '"month:ge:"' in source and '"month:lt:"' in source
        )
        if not is_half_open:
            yield "a month is in two partitions, or in none"


# -------------------------------------------------------------------------------------------------------------- measures


def _measure(project: Project, measure: Node) -> Iterator[str]:
    yield from (f"it has no {name}" for name in ("formatString", "displayFolder") if name not in measure.properties)
    if not measure.description:
        yield "it has no description"
    try:
        found = dax_reader.read(measure.value)
    except dax_reader.DaxError as error:
        yield f"its DAX cannot be parsed: {error}"
        return
    yield from (
        f"there is no column {table}[{name}]" for table, name in sorted(found.columns) if (table, name) not in project.columns
    )
    yield from (f"there is no measure [{name}]" for name in sorted(found.measures - project.measures.keys()))
    yield from (f"there is no table {name}" for name in sorted(found.tables - project.tables.keys()))
    yield from (f"there is no function {name}" for name in sorted(found.functions - dax_reader.FUNCTIONS.keys()))
    if any("COUNTROWS" in one and " - " in one and not one.endswith("+ 0") for one in _numerators(measure.value)):
        yield "it is blank where two numbers of rows are both zero: its difference needs + 0"


def _numerators(dax: str) -> Iterator[str]:
    """What each DIVIDE divides, without the arguments of functions."""
    for found in re.finditer(r"\bDIVIDE \(", dax):
        numerator, depth = "", 0
        for sign in dax[found.end() :]:
            depth += (sign == "(") - (sign == ")")
            if depth < 0 or (depth == 0 and sign == ","):
                break
            numerator += sign if depth == 0 else ""
        yield numerator.strip()


def _circles(project: Project) -> Iterator[str]:
    read: dict[str, set[str]] = {}
    for name, (_, measure) in project.measures.items():
        try:
            read[name] = dax_reader.read(measure.value).measures
        except dax_reader.DaxError:
            read[name] = set()
    waiting = set(read)
    while ready := {name for name in waiting if not read[name] & waiting}:
        waiting -= ready
    if waiting:
        yield f"measures refer to each other in a circle: {sorted(waiting)}"


# --------------------------------------------------------------------------------------------------------- relationships


def _relationships(project: Project) -> Iterator[str]:
    filters: list[tuple[str, str]] = []
    ends_seen: list[tuple[str, str]] = []
    for one in project.objects("relationships.tmdl", "relationship"):
        ends = [_end(one.properties.get(name, "")) for name in ("fromColumn", "toColumn")]
        if not _is_uuid(one.name):
            yield f"the relationship {one.name} has no valid name"
        if any(end not in project.columns for end in ends):
            yield f"a relationship has no column {[end for end in ends if end not in project.columns]}"
            continue
        (many, column), (table, key) = ends
        kinds = {project.columns[end].properties.get("dataType") for end in ends}
        if len(kinds) > 1:
            yield f"{many}[{column}] and {table}[{key}] have different types"
        yield from _unique(project, table, key)
        if "isHidden" not in project.columns[many, column].properties:
            yield f"the foreign key {many}[{column}] is shown"
        filters.append((table, many))
        is_both = one.properties.get("crossFilteringBehavior") == "bothDirections"
        if is_both != (one.properties.get("fromCardinality") == "one"):
            yield f"{many} and {table} filter each other without being one to one"
        if is_both:
            yield from _unique(project, many, column)
            filters.append((many, table))
        ends_seen.append((many, table))
    yield from (f"{many} and {table} are related twice" for (many, table), count in Counter(ends_seen).items() if count > 1)
    yield from _several_paths(set(project.tables), filters)
    facts = {"Orders": {"Customer", "Date"}, "Sales": {"Orders", "Product", "Seller"}}
    for fact, dimensions in facts.items():
        for dimension in dimensions & project.tables.keys() if fact in project.tables else ():
            if (fact, dimension) not in ends_seen:
                yield f"{fact} is not related to {dimension}"


def _unique(project: Project, table: str, key: str) -> Iterator[str]:
    source = next((one.value for part in project.tables[table].of("partition") for one in part.of("source")), "")
    gold = next((name for names in _LOADED.findall(source) for name in names if name), "")
    column = project.columns[table, key].properties.get("sourceColumn", "")
    if gold in project.contracts and project.contracts[gold].key != (column,):
        yield f"{table}[{key}] is not unique"


def _end(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"('(?:[^']|'')+'|\w+)\.('(?:[^']|'')+'|\w+)", text)
    return (match[1].strip("'"), match[2].strip("'")) if match else ("", text)


def _several_paths(tables: set[str], filters: list[tuple[str, str]]) -> Iterator[str]:
    """A filter must reach a table by one path, or Power BI finds the model ambiguous."""

    def paths(start: str, end: str, seen: tuple[str, ...]) -> int:
        if start == end:
            return 1
        return sum(paths(to, end, (*seen, to)) for source, to in filters if source == start and to not in seen)

    for start in sorted(tables):
        for end in sorted(tables - {start}):
            if paths(start, end, (start,)) > 1:
                yield f"filters of {start} reach {end} by several paths"


# ----------------------------------------------------------------------------------------------------------------- M


def _expressions(project: Project) -> Iterator[str]:
    found = {one.name: one for one in project.objects("expressions.tmdl", "expression")}
    for name, one in found.items():
        is_parameter = "IsParameterQuery=true" in one.value
        text, _, meta = one.value.partition(" meta ")
        yield from (f"{name}: {what}" for what in _m(project, text))
        if is_parameter and not re.search(r'Type="(Text|DateTime)"', meta):
            yield f"the parameter {name} has no type"
        if not is_parameter and name not in ("MonthOf", "RowsOf", "FirstMonth"):
            yield f"{name} is no parameter"
    has_policy = any(table.of("refreshPolicy") for table in project.tables.values())
    for name in ("RangeStart", "RangeEnd"):
        if (name in found) != has_policy or (name in found and 'Type="DateTime"' not in found[name].value):
            yield f"{name} must be a parameter of type DateTime if and only if tables have a refresh policy"


def _m(project: Project, text: str) -> Iterator[str]:
    shared = {one.name for one in project.objects("expressions.tmdl", "expression")}
    try:
        found = m_reader.read(text)
    except m_reader.MError as error:
        yield f"its M cannot be parsed: {error}"
        return
    yield from (f"there is no query {name}" for name in sorted(found.names - shared))
    yield from (f"there is no function {name}" for name in sorted(found.functions - m_reader.FUNCTIONS))
