"""Wrong edits of a good project, each with a name. Every one must be found by the checks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ecom_lake_tests.publish.powerbi.checked_project import MODEL, PAGES, REPORT

Files = dict[str, str]
Mutation = Callable[[Files], None]
DATE, ORDERS, SALES, PRODUCT, MEASURES = (
    f"{MODEL}tables/{name}.tmdl" for name in ("Date", "Orders", "Sales", "Product", "Key Measures")
)
INSIGHTS = f"{MODEL}tables/Insights.tmdl"
RELATIONS, EXPRESSIONS, WHOLE = (f"{MODEL}{name}.tmdl" for name in ("relationships", "expressions", "model"))
REPORT_JSON, PAGES_JSON = f"{REPORT}definition/report.json", f"{PAGES}pages.json"


def mutated(files: Mapping[str, str], mutation: Mutation) -> Files:
    """The project after the edit, which must have changed it."""
    changed = dict(files)
    mutation(changed)
    assert changed != files, "the edit changes nothing"
    return changed


def _text(path: str, old: str, new: str, count: int = 1) -> Mutation:
    def edit(files: Files) -> None:
        assert old in files[path], f"{path} has no {old!r}"
        files[path] = files[path].replace(old, new, count)

    return edit


def _json(path: str, change: Callable[[Any], object]) -> Mutation:
    def edit(files: Files) -> None:
        content = json.loads(files[path])
        change(content)
        files[path] = json.dumps(content, indent=2)

    return edit


def _visual(kind: str, change: Callable[[Any], object]) -> Mutation:
    """An edit of the first visual of a type."""

    def edit(files: Files) -> None:
        path = min(path for path, text in files.items() if path.endswith("visual.json") and f'"visualType": "{kind}"' in text)
        _json(path, change)(files)

    return edit


def _page(change: Callable[[Any], object]) -> Mutation:
    def edit(files: Files) -> None:
        _json(min(path for path in files if path.endswith("/page.json")), change)(files)

    return edit


def _without(path: str) -> Mutation:
    def edit(files: Files) -> None:
        del files[path]

    return edit


def _state(content: Any) -> Any:
    return content["visual"]["query"]["queryState"]


def _first(content: Any, role: str) -> Any:
    return _state(content)[role]["projections"][0]


def _tag_of_another(files: Files) -> None:
    tags = [line for line in files[PRODUCT].split("\n") if "lineageTag" in line]
    files[PRODUCT] = files[PRODUCT].replace(tags[2], tags[1])


def _moved_visual(files: Files) -> None:
    path = min(path for path in files if path.endswith("visual.json"))
    files[f"{PAGES}visual.json"] = files.pop(path)


def _another_type(files: Files) -> None:
    _text(ORDERS, "dataType: string", "dataType: int64\n\t\tformatString: 0")(files)
    files[ORDERS] = files[ORDERS].replace('{"status", type text}', '{"status", Int64.Type}')


def _reserved_name(files: Files) -> None:
    """A table that is renamed everywhere, to a name that Analysis Services keeps for itself."""
    for path in [*files]:
        text = files.pop(path)
        files[path.replace("Insights", "measures")] = text.replace("Insights", "measures")


def _parameter_like_a_table(files: Files) -> None:
    for path in files:
        files[path] = files[path].replace("ShopFolder", "release")


def _second_relationship(files: Files) -> None:
    files[RELATIONS] += (
        "relationship 00000000-0000-5000-8000-000000000000\n\tfromColumn: Sales.order_id\n\ttoColumn: Orders.order_id\n\n"
    )


def _two_paths(files: Files) -> None:
    """Sales related to Customer directly, and through Orders."""
    files[RELATIONS] += (
        "relationship 00000000-0000-5000-8000-000000000000\n\tfromColumn: Sales.seller_id\n\ttoColumn: Customer.customer_id\n\n"
    )


def _rename_role(role: str, name: str) -> Callable[[Any], object]:
    return lambda content: _state(content).__setitem__(name, _state(content).pop(role))


def _hidden_field(content: Any) -> None:
    one = _first(content, "Category")
    one["field"]["Column"] = {"Expression": {"SourceRef": {"Entity": "Orders"}}, "Property": "order_id"}
    one["queryRef"], one["nativeQueryRef"] = "Orders.order_id", "order_id"


def _unknown_measure(content: Any) -> None:
    one = _first(content, "Y")
    one["field"]["Measure"]["Property"] = "Net Sale"
    one["queryRef"], one["nativeQueryRef"] = "Key Measures.Net Sale", "Net Sale"


def _unknown_column(content: Any) -> None:
    one = _first(content, "Category")
    one["field"]["Column"]["Property"] = "Monht Start"
    one["queryRef"], one["nativeQueryRef"] = "Date.Monht Start", "Monht Start"


def _column_as_measure(content: Any) -> None:
    one = _first(content, "Values")
    one["field"] = {"Measure": one["field"]["Column"]}


def _sorted_elsewhere(content: Any) -> None:
    content["visual"]["query"]["sortDefinition"]["sort"][0]["field"]["Measure"]["Property"] = "Units"


def _to_one(files: Files) -> None:
    files[RELATIONS] = files[RELATIONS].replace("\tfromCardinality: one\n", "", 1)


_NET = "CALCULATE ( SUM ( Sales[net_sales] ), KEEPFILTERS ( Sales[is_valid] = TRUE () ) )"

MUTATIONS: Mapping[str, Mutation] = {
    # The model as a whole
    "TMDL: unknown property": _text(ORDERS, "\t\tisHidden\n", "\t\tisHiden\n"),
    "TMDL: unknown object": _text(ORDERS, "\tcolumn Status", "\tcolum Status"),
    "TMDL: indented too far": _text(ORDERS, "\t\tdataType: string", "\t\t\t\tdataType: string"),
    "TMDL: property twice": _text(ORDERS, "\t\tsummarizeBy: none\n", "\t\tsummarizeBy: none\n\t\tsummarizeBy: none\n"),
    "TMDL: no database": _text(f"{MODEL}database.tmdl", "database\n\t", ""),
    "TMDL: compatibility level too low": _text(f"{MODEL}database.tmdl", "1600", "1200"),
    "model: file of expressions missing": _without(EXPRESSIONS),
    "model: table without ref table": _text(WHOLE, "ref table Sales\n", ""),
    "model: ref table without a table": _text(WHOLE, "ref table Sales\n", "ref table Sales\nref table Ghost\n"),
    "model: table file missing": _without(PRODUCT),
    "model: automatic date tables on": _text(WHOLE, "TimeIntelligenceEnabled = 0", "TimeIntelligenceEnabled = 1"),
    "model: implicit measures allowed": _text(WHOLE, "\tdiscourageImplicitMeasures\n", ""),
    "model: query order names a ghost": _text(WHOLE, '"Sales"', '"Sale"'),
    # Tables and columns
    "table: renamed in its file only": _text(PRODUCT, "table Product\n", "table Products\n"),
    "table: reserved name": _reserved_name,
    "table: name of a parameter in another case": _parameter_like_a_table,
    "column: unknown type": _text(SALES, "dataType: decimal", "dataType: money"),
    "column: another type than its query": _text(SALES, "dataType: decimal", "dataType: double"),
    "column: type changed in column and query": _another_type,
    "column: no source": _text(PRODUCT, "\t\tsourceColumn: category\n", ""),
    "column: source that gold does not have": lambda files: files.__setitem__(
        PRODUCT, files[PRODUCT].replace('"category"', '"categry"').replace("sourceColumn: category", "sourceColumn: categry")
    ),
    "column: source that its query does not give": _text(PRODUCT, "sourceColumn: category", "sourceColumn: categry"),
    "column: summed implicitly": _text(SALES, "summarizeBy: none", "summarizeBy: sum"),
    "column: no format": _text(DATE, "\t\tformatString: yyyy-mm-dd\n", ""),
    "column: no description": lambda files: files.__setitem__(
        PRODUCT, "\n".join(line for line in files[PRODUCT].split("\n") if not line.startswith("\t/// "))
    ),
    "column: sorted by nothing": _text(DATE, "sortByColumn: month\n", "sortByColumn: month_no\n"),
    "column: sorted by itself": _text(DATE, "sortByColumn: month\n", "sortByColumn: 'Month Name'\n"),
    "column: same name in another case": _text(DATE, "column 'Month Name'", "column Month"),
    "column: lineage tag of another": _tag_of_another,
    "column: no lineage tag": lambda files: files.__setitem__(
        PRODUCT, "\n".join(line for number, line in enumerate(files[PRODUCT].split("\n")) if number != 2)
    ),
    "column: key shown": _text(SALES, "\t\tisHidden\n", ""),
    "column: date without its note": _text(ORDERS, "\t\tannotation UnderlyingDateTimeDataType = Date\n", ""),
    "table: no description": lambda files: files.__setitem__(PRODUCT, files[PRODUCT].split("\n", 1)[1]),
    "calendar: not marked": _text(DATE, "\tdataCategory: Time\n", ""),
    "calendar: no key": _text(DATE, "\t\tisKey\n", ""),
    "calendar: months by the alphabet": _text(DATE, "\t\tsortByColumn: month\n", ""),
    "hierarchy: level without a column": _text(DATE, "\t\t\tcolumn: Year", "\t\t\tcolumn: Yeer"),
    # Relationships
    "relationship: column missing": _text(RELATIONS, "toColumn: Product.'Product ID'", "toColumn: Product.'Product Key'"),
    "relationship: table missing": _text(RELATIONS, "toColumn: Product.", "toColumn: Prodct."),
    "relationship: different types": _text(RELATIONS, "fromColumn: Sales.product_id", "fromColumn: Sales.quantity"),
    "relationship: to a column that repeats": _text(RELATIONS, "toColumn: Product.'Product ID'", "toColumn: Product.Category"),
    "relationship: removed": _text(RELATIONS, "\tfromColumn: Sales.order_id\n\ttoColumn: Orders.order_id\n", ""),
    "relationship: twice": _second_relationship,
    "relationship: a second path": _two_paths,
    "relationship: both ways without one to one": _to_one,
    # Measures
    "DAX: unbalanced": _text(MEASURES, _NET, _NET.removesuffix(" )")),
    "DAX: operator without operand": _text(MEASURES, "[Net Sales] + [Freight]", "[Net Sales] +"),
    "DAX: comma missing": _text(MEASURES, "DIVIDE ( [Net Sales], [Order Count] )", "DIVIDE ( [Net Sales] [Order Count] )"),
    "DAX: argument missing": _text(MEASURES, "DIVIDE ( [Net Sales], [Order Count] )", "DIVIDE ( [Net Sales] )"),
    "DAX: text not closed": _text(MEASURES, '"canceled"', '"canceled'),
    "DAX: VAR without a name": _text(MEASURES, "VAR Before", "VAR", count=1),
    "DAX: unknown column": _text(MEASURES, "Sales[net_sales]", "Sales[nett_sales]"),
    "DAX: unknown table": _text(MEASURES, "Sales[net_sales]", "Sale[net_sales]"),
    "DAX: unknown measure": _text(MEASURES, "[Net Sales] + [Freight]", "[Net Sales] + [Fright]"),
    "DAX: unknown function": _text(MEASURES, "SUM ( Sales[net_sales] )", "SUMM ( Sales[net_sales] )"),
    "DAX: blank where two numbers of rows are zero": _text(MEASURES, "<= 3 ) ) + 0", "<= 3 ) )"),
    "DAX: measures in a circle": _text(MEASURES, f"'Net Sales' = {_NET}", "'Net Sales' = [GMV] - [Freight]"),
    "measure: twice": _text(MEASURES, "measure Units", "measure Freight"),
    "measure: no format": _text(MEASURES, "\t\tformatString: #,##0\n", ""),
    "measure: no display folder": _text(MEASURES, "\t\tdisplayFolder: Sales\n", ""),
    # Queries and refresh
    "M: in missing": _text(PRODUCT, "\t\t\t\tin\n", "\t\t\t\tinn\n"),
    "M: comma missing": _text(PRODUCT, '.parquet"),\n', '.parquet")\n'),
    "M: unknown step": _text(PRODUCT, "Table.TransformColumnTypes(Chosen,", "Table.TransformColumnTypes(Chosn,"),
    "M: unknown parameter": _text(PRODUCT, "ShopFolder", "ShopFoldr"),
    "M: unknown function": _text(PRODUCT, "Parquet.Document", "Parquet.Documents"),
    "M: another table's file": _text(PRODUCT, "dim_product.parquet", "dim_products.parquet"),
    "M: rows chosen by an unknown column": _text(INSIGHTS, '[status] = "shown"', '[staus] = "shown"'),
    "M: parameter without a type": _text(EXPRESSIONS, 'Type="Text", ', ""),
    "refresh: policy and partition differ": _text(ORDERS, "[Month] < RangeEnd", "[Month] <= RangeEnd"),
    "refresh: a month in two partitions": _text(ORDERS, "[Month] < RangeEnd", "[Month] <= RangeEnd", count=2),
    "refresh: RangeEnd missing": _text(EXPRESSIONS, "expression RangeEnd", "expression RangeStop"),
    "refresh: no month is refreshed": _text(ORDERS, "incrementalPeriods: 3", "incrementalPeriods: 0"),
    "refresh: range without a policy": lambda files: files.__setitem__(
        ORDERS, files[ORDERS][: files[ORDERS].index("\trefreshPolicy")] + files[ORDERS][files[ORDERS].index("\t/// ") :]
    ),
    # The report
    "report: measure that the model does not have": _visual("lineChart", _unknown_measure),
    "report: column that the model does not have": _visual("lineChart", _unknown_column),
    "report: hidden column": _visual("lineChart", _hidden_field),
    "report: column as a measure": _visual("slicer", _column_as_measure),
    "report: unknown role": _visual("cardVisual", _rename_role("Data", "Fields")),
    "report: role missing": _visual("lineChart", lambda content: _state(content).pop("Y")),
    "report: empty role": _visual("lineChart", lambda content: _state(content)["Y"].__setitem__("projections", [])),
    "report: unknown type of visual": _visual(
        "columnChart", lambda content: content["visual"].__setitem__("visualType", "collumn")
    ),
    "report: reference to another field": _visual(
        "lineChart", lambda content: _first(content, "Y").__setitem__("queryRef", "a.b")
    ),
    "report: sorted by what is not shown": _visual("clusteredBarChart", _sorted_elsewhere),
    "report: text without quotes": lambda files: _visual(
        "slicer",
        lambda content: content["visual"]["objects"]["data"][0]["properties"]["mode"]["expr"]["Literal"].__setitem__(
            "Value", "Dropdown"
        ),
    )(files),
    "report: outside the page": _visual("slicer", lambda content: content["position"].__setitem__("x", 5000)),
    "report: visuals overlap": _visual("lineChart", lambda content: content["position"].update(x=0, y=0)),
    "report: slicer too low": _visual("slicer", lambda content: content["position"].__setitem__("height", 40)),
    "report: name of another visual": _visual("slicer", lambda content: content.__setitem__("name", "0" * 20)),
    "report: no text for screen readers": _visual(
        "lineChart", lambda content: content["visual"]["visualContainerObjects"].pop("general")
    ),
    "report: older schema": _visual(
        "lineChart", lambda content: content.__setitem__("$schema", content["$schema"].replace("2.4.0", "1.0.0"))
    ),
    "report: page missing in the order": _json(PAGES_JSON, lambda content: content["pageOrder"].pop()),
    "report: ghost in the order": _json(PAGES_JSON, lambda content: content["pageOrder"].append("f" * 20)),
    "report: no such active page": _json(PAGES_JSON, lambda content: content.__setitem__("activePageName", "x")),
    "report: two pages with one name": _page(lambda content: content.__setitem__("displayName", "Trust")),
    "report: page of another size": _page(lambda content: content.__setitem__("width", 640)),
    "report: stray file": _moved_visual,
    "report: no version": _without(f"{REPORT}definition/version.json"),
    "report: JSON not closed": lambda files: files.__setitem__(REPORT_JSON, files[REPORT_JSON].rstrip()[:-1]),
    "theme: no base theme": _json(REPORT_JSON, lambda content: content["themeCollection"].pop("baseTheme")),
    "theme: file of the base theme missing": _without(f"{REPORT}StaticResources/SharedResources/BaseThemes/CY26SU10.json"),
    "theme: base theme in the package of the other": _json(
        REPORT_JSON, lambda content: content["themeCollection"]["baseTheme"].__setitem__("type", "RegisteredResources")
    ),
    "theme: file missing": _without(f"{REPORT}StaticResources/RegisteredResources/EcomLake.json"),
    "theme: another name": _text(f"{REPORT}StaticResources/RegisteredResources/EcomLake.json", "EcomLake.json", "EcomLake"),
    "theme: no resource": _json(REPORT_JSON, lambda content: content["resourcePackages"].clear()),
    "theme: no colour": _text(f"{REPORT}StaticResources/RegisteredResources/EcomLake.json", '"#', '"'),
    "links: report without its model": _text(f"{REPORT}definition.pbir", "../EcomLake.", "../Ghost."),
    "links: model by path and by connection": _json(
        f"{REPORT}definition.pbir",
        lambda content: content["datasetReference"].__setitem__("byConnection", {"connectionString": "x"}),
    ),
    "links: shortcut to nothing": _text("EcomLake.pbip", "EcomLake.Report", "Ghost.Report"),
    "links: one identifier for both": lambda files: files.__setitem__(
        f"{REPORT}.platform", files["EcomLake.SemanticModel/.platform"].replace("SemanticModel", "Report")
    ),
    "links: type of another item": _text(f"{REPORT}.platform", '"Report"', '"SemanticModel"'),
}
