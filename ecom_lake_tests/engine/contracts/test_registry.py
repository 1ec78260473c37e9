"""The registry of a user's project folder: which tables it finds, and how it reports a file with an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.engine.contracts import registry
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.shop.domain import SHOP
from ecom_lake.testing import HandShop, item, order, product
from ecom_lake_tests import catalog
from ecom_lake_tests.project import PROJECT

CONTRACT = '''from ecom_lake.engine.contracts.columns import Count
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop import vocabulary


class {name}(Gold):
    """One row per month."""

    month = vocabulary.month.replace(key=True)
    orders = Count("Number of valid orders.")
'''
SQL = "select month, count(*) as orders from fct_orders where is_valid group by month\n"


def write(project: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    return project


def own(project: Path, name: str = "Monthly", sql: str = SQL, more: str = "") -> Registry:
    contract = CONTRACT.format(name=name) + more
    return Registry(SHOP, write(project, {f"tables/{name.lower()}.py": contract, f"tables/{name.lower()}.sql": sql}))


def test_a_table_of_the_project_is_registered_like_a_built_in_table(tmp_path: Path) -> None:
    registry = own(tmp_path)
    assert registry.invalid == {}
    assert registry.gold["monthly"].group == "tables"
    assert registry.recipe("monthly").reads == ("fct_orders",)
    assert registry.in_order.index("monthly") > registry.in_order.index("fct_orders")
    assert set(registry.gold) == {*catalog.gold(), "monthly"}


def test_the_contracts_are_known_without_the_sql_of_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page of the dashboard waits for the contracts, and reading the SQL of all tables takes as long as the page."""

    def read(*_: object) -> None:
        raise AssertionError("a recipe was read")

    monkeypatch.setattr(registry, "read_recipe", read)
    assert Registry(SHOP, tmp_path).gold == catalog.gold()


def test_tables_of_one_project_are_not_in_another_project(tmp_path: Path) -> None:
    assert "monthly" in own(tmp_path / "a").gold
    assert "monthly" not in own(tmp_path / "b", "Other").gold
    assert "monthly" not in catalog.registry().gold


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    own(tmp_path)
    changed = CONTRACT.format(name="Monthly").replace("One row per month.", "One row per calendar month.")
    assert Registry(SHOP, write(tmp_path, {"tables/monthly.py": changed})).gold["monthly"].grain == "One row per calendar month."


def test_a_helper_module_in_the_folder_can_be_imported_and_is_not_a_table(tmp_path: Path) -> None:
    write(tmp_path, {"tables/helper.py": 'MEANING = "Number of valid orders."\n'})
    contract = CONTRACT.format(name="Monthly").replace('"Number of valid orders."', "MEANING")
    contract = contract.replace("\n\n\nclass", "\nfrom .helper import MEANING\n\n\nclass")
    registry = Registry(SHOP, write(tmp_path, {"tables/monthly.py": contract, "tables/monthly.sql": SQL}))
    assert registry.invalid == {}
    assert registry.gold["monthly"].columns["orders"].meaning == "Number of valid orders."


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"tables/monthly.py": CONTRACT.format(name="Monthly") + "\nx = (\n"}, "monthly.py:12: '(' was never closed."),
        (
            {"tables/monthly.py": CONTRACT.format(name="Monthly") + "\nx = y\n"},
            "monthly.py:12: NameError: name 'y' is not defined",
        ),
        ({"tables/monthly.py": CONTRACT.format(name="Weekly")}, "monthly.py: the class Weekly makes the table weekly: name it"),
        ({"tables/monthly.py": CONTRACT.format(name="Monthly").replace(".replace(key=True)", "")}, "Monthly has no key"),
        (
            {"tables/monthly.py": CONTRACT.format(name="Monthly").replace('Count("', 'Count(at_leats=1, meaning="')},
            "monthly.py:10: A column has no 'at_leats'; did you mean at_least?",
        ),
        ({"tables/monthly.sql": "select from where"}, "monthly.sql: its SQL cannot be parsed"),
        (
            {"tables/monthly.sql": "select * from fct_order"},
            "reads the table fct_order, which does not exist; did you mean fct_orders?",
        ),
        ({"tables/monthly.sql": "select * from monthly"}, "read each other in a circle: monthly"),
        ({"tables/monthly.py": CONTRACT.format(name="Monthly").replace("Gold", "Silver")}, "must be a Gold table"),
    ],
)
def test_a_file_with_an_error_is_one_sentence_and_disables_nothing_else(tmp_path: Path, files: dict[str, str], why: str) -> None:
    own(tmp_path, "Sound")
    own(tmp_path)
    registry = Registry(SHOP, write(tmp_path, files))
    [sentence] = registry.invalid.values()
    assert why in sentence and "\n" not in sentence and str(tmp_path) in sentence
    assert set(registry.gold) == {*catalog.gold(), "sound"}
    assert len(registry.in_order) == len(registry.gold)


@pytest.mark.parametrize("name", ["tables/monthly.py", "tables/monthly.sql", "tables/helper.py"])
def test_a_file_in_another_encoding_is_one_sentence_and_disables_nothing_else(tmp_path: Path, name: str) -> None:
    own(tmp_path, "Sound")
    own(tmp_path)
    (tmp_path / name).write_bytes("# Größe".encode("latin-1"))
    registry = Registry(SHOP, tmp_path)
    assert list(registry.invalid.values()) == [f"{tmp_path / name}: it is not UTF-8 text; save it as UTF-8."]
    assert "sound" in registry.gold and ("monthly" in registry.gold) == name.endswith("helper.py")


def test_a_folder_with_the_name_of_a_module_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tables/monthly.py").mkdir(parents=True)
    assert Registry(SHOP, tmp_path).invalid == {
        "monthly": f"{tmp_path / 'tables/monthly.py'}: it cannot be read: Is a directory."
    }


def test_a_question_in_another_encoding_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions/sizes.sql").write_bytes("-- Größe".encode("latin-1"))
    registry = Registry(SHOP, tmp_path)
    assert registry.invalid_questions == {"sizes": f"{tmp_path / 'questions/sizes.sql'}: it is not UTF-8 text; save it as UTF-8."}
    assert registry.questions


def test_files_that_nothing_reads_are_named(tmp_path: Path) -> None:
    """A query that a module names is read, and so is a translation for Spark next to its table."""
    own(tmp_path)
    read = {"tables/features.sql": SQL, "tables/helper.py": 'QUERY = "features.sql"\n', "tables/monthly.spark.sql": SQL}
    registry = Registry(SHOP, write(tmp_path, {**read, "tables/my-table.py": "", "models/alone.sql": SQL, "tables/.a-b.py": ""}))
    (tmp_path / "tables/helper.py").write_bytes(b'# \xe9\nQUERY = "features.sql"\n')
    assert [(file.relative_to(tmp_path).as_posix(), why[:40]) for file, why in registry.unread_files] == [
        ("tables/my-table.py", "the name of a module has letters, digits"),
        ("models/alone.sql", "there is no alone.py with its contract n"),
    ]
    assert Registry(SHOP).unread_files == []


def test_the_error_of_a_table_without_sql_or_build_states_which_file_to_write(tmp_path: Path) -> None:
    registry = Registry(SHOP, write(tmp_path, {"tables/monthly.py": CONTRACT.format(name="Monthly")}))
    assert (
        "nothing makes the table monthly. Write monthly.sql, monthly_build.py or, for a model, monthly_model.py"
        in (registry.invalid["monthly"])
    )


def test_a_table_that_reads_a_table_with_an_error_is_left_out_too(tmp_path: Path) -> None:
    own(tmp_path, "Reader", "select month, orders from monthly")
    registry = own(tmp_path, sql="select from where")
    assert set(registry.invalid) == {"monthly", "reader"}
    assert "reads the table monthly, which does not exist" in registry.invalid["reader"]


def test_a_name_that_exists_is_an_error_unless_it_overrides(tmp_path: Path) -> None:
    contract = CONTRACT.format(name="KpiDaily")
    files = {"tables/kpi_daily.py": contract, "tables/kpi_daily.sql": SQL}
    built_in = catalog.gold()["kpi_daily"]
    registry = Registry(SHOP, write(tmp_path, files))
    assert "there is a table kpi_daily already" in registry.invalid["kpi_daily"]
    assert registry.gold["kpi_daily"] == built_in
    registry = Registry(SHOP, write(tmp_path, {"tables/kpi_daily.py": f"{contract}    overrides = True\n"}))
    assert "replaces a table that has the column date, which others read" in registry.invalid["kpi_daily"]
    columns = "\n".join(f"    {name} = KpiDaily.table.columns[{name!r}].replace()" for name in built_in.columns)
    whole = f'''from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop.kpis.kpi_daily import KpiDaily as Native


class KpiDaily(Gold):
    """One row per day, ours."""

    overrides = True
{columns.replace("KpiDaily.table", "Native.table")}
'''
    registry = Registry(SHOP, write(tmp_path, {"tables/kpi_daily.py": whole}))
    assert registry.invalid == {}
    assert registry.gold["kpi_daily"].grain == "One row per day, ours."
    assert registry.recipe("kpi_daily").file == tmp_path / "tables/kpi_daily.sql"


def test_a_table_with_the_name_of_an_engine_view_is_refused(tmp_path: Path) -> None:
    assert "is a name that ecom_lake uses itself" in own(tmp_path, "Settings").invalid["settings"]


MODEL = '''from ecom_lake.engine.contracts.columns import Count
from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class Nextmonth(Gold):
    """One row per month."""

    month = vocabulary.month.replace(key=True)
    orders = Count("Expected orders.")
    identities = (Identity("known_months", "select month from nextmonth except select month from {read}", "Months are known."),)


class NextmonthFit(ModelFit, beside="nextmonth"):
    """The card of the model."""

    identities = card_identities("nextmonth_fit")
'''


def own_model(project: Path, compared_with: str, reads: str = "('kpi_monthly',)") -> Registry:
    files = {"models/nextmonth.py": MODEL.format(read=compared_with), "models/nextmonth_model.py": f"READS = {reads}\n"}
    return Registry(SHOP, write(project, files))


def test_a_model_is_made_after_the_table_of_the_as_of_date(tmp_path: Path) -> None:
    registry = own_model(tmp_path, "kpi_monthly")
    assert registry.invalid == {}
    assert registry.recipe("nextmonth").reads == ("dim_date", "kpi_monthly")


@pytest.mark.parametrize("reads", ["'kpi_monthly'", "(*others.READS, 'kpi_monthly')", "('kpi_monthly', 1)"])
def test_reads_is_a_list_of_names_that_can_be_read_without_an_import(tmp_path: Path, reads: str) -> None:
    registry = own_model(tmp_path, "kpi_monthly", reads)
    assert "nextmonth" not in registry.gold
    expected = 'nextmonth_model.py:1: READS must list the names of tables as texts, such as READS = ("fct_orders",).'
    assert registry.invalid["nextmonth"].endswith(expected)


def test_an_identity_of_a_model_reads_only_what_the_model_ran_on(tmp_path: Path) -> None:
    registry = own_model(tmp_path, "kpi_daily")
    assert "nextmonth" not in registry.gold
    assert "the identity known_months of nextmonth reads kpi_daily, which is not an input of the model" in str(registry.invalid)


def test_models_that_an_identity_compares_are_one_group(tmp_path: Path) -> None:
    registry = own_model(tmp_path, "sales_forecast")
    assert registry.invalid == {}
    groups = {
        model: [one.table for one in registry.compared_models(registry.recipe(model))] for model in ("nextmonth", "review_risk")
    }
    assert groups == {"nextmonth": ["nextmonth", "sales_forecast"], "review_risk": ["review_risk"]}
    assert registry.compared_models(registry.recipe("sales_forecast")) == registry.compared_models(registry.recipe("nextmonth"))


BY_MONTH = '''from ecom_lake.engine.contracts.table import Gold, NarrowInput
from ecom_lake.shop import vocabulary


class Sold(Gold, monthly=True):
    """One row per order line."""

    order_id = vocabulary.order_id.replace(key=True)
    line = vocabulary.line.replace(key=True)
    month = vocabulary.month.replace(nullable=True)
    brand = vocabulary.brand

    narrow_inputs = ({narrow})
'''
BRANDS = """select i.order_id, i.line, i.month, p.brand
from order_items as i join dim_product as p on p.product_id = i.product_id"""
OF_LINES = 'NarrowInput("dim_product", ("product_id", "brand"), matching="order_items.product_id"),'


def by_month(project: Path, narrow: str, sql: str = BRANDS) -> Registry:
    return Registry(SHOP, write(project, {"tables/sold.py": BY_MONTH.format(narrow=narrow), "tables/sold.sql": sql}))


def test_a_monthly_table_of_the_project_reads_its_month_and_what_it_declares(tmp_path: Path) -> None:
    assert by_month(tmp_path, OF_LINES).invalid == {}
    shop = HandShop(
        tmp_path,
        orders=[order("a", "2018-01-10 10:00:00"), order("b", "2018-02-10 10:00:00")],
        order_items=[item("a"), item("b")],
        products=[product(brand="acme")],
    )
    assert shop.rows("sold", "order_id", "brand") == [("a", "acme"), ("b", "acme")]
    assert shop.by_month("sold").equals(shop.table("sold"))


def test_a_query_that_looks_at_other_months_differs_from_its_months_made_alone(tmp_path: Path) -> None:
    sql = "select order_id, line, month, (select count(*) from order_items)::varchar as brand from order_items"
    assert by_month(tmp_path, "", sql).invalid == {}
    orders = [order("a", "2018-01-10 10:00:00"), order("b", "2018-02-10 10:00:00")]
    shop = HandShop(tmp_path, orders=orders, order_items=[item("a"), item("b")])
    assert shop.rows("sold", "brand") == [("2",), ("2",)]
    assert shop.by_month("sold")["brand"].to_list() == ["1", "1"]


@pytest.mark.parametrize(
    ("narrow", "sql", "why"),
    [
        ("", BRANDS, "sold is monthly and reads dim_product, which has no months: declare the columns and rows"),
        ("", "select product_id as order_id, 1 as line, null as month, brand from products", "reads no table that has months"),
        ("", BRANDS.replace("dim_product", "model_fits"), "sold is monthly and reads model_fits, which no month can read"),
        (OF_LINES, "select order_id, line, month, '' as brand from order_items", "which its query does not read"),
        (OF_LINES.replace("brand", "colour"), BRANDS, "with the column colour, which dim_product does not have"),
        (OF_LINES.replace('("product_id", "brand")', "()"), BRANDS, "dim_product without columns: name the columns"),
        (OF_LINES.replace("order_items.", "orders."), BRANDS, "orders is not one of the inputs with months (order_items)"),
        (OF_LINES.replace("order_items.product_id", "order_items.brand"), BRANDS, "but order_items has no column brand"),
        (OF_LINES.replace("order_items.product_id", "order_items.colour"), BRANDS, "but dim_product has no column colour"),
        (OF_LINES.replace("order_items.product_id", "brand"), BRANDS, "write the monthly input too, such as orders.brand"),
        (OF_LINES.replace("order_items.product_id", "month"), BRANDS, "but dim_product has no column month"),
        (f'{OF_LINES} NarrowInput("order_items", ("order_id",)),', BRANDS, "order_items, which has months: its part"),
    ],
)
def test_a_monthly_table_that_cannot_be_made_by_month_is_one_sentence(tmp_path: Path, narrow: str, sql: str, why: str) -> None:
    registry = by_month(tmp_path, narrow, sql)
    [sentence] = registry.invalid.values()
    assert why in sentence
    assert sentence.startswith(str(tmp_path / "tables" / "sold.py"))
    assert set(registry.gold) == set(catalog.gold())


def test_a_monthly_table_cannot_replace_one_of_another_kind(tmp_path: Path) -> None:
    contract = (PROJECT / "ecom_lake/shop/sales/fct_sales.py").read_text(encoding="utf-8")
    sql = (PROJECT / "ecom_lake/shop/sales/fct_sales.sql").read_text(encoding="utf-8")
    own = contract.replace("    order_id = ", "    overrides = True\n    order_id = ", 1)
    assert Registry(SHOP, write(tmp_path / "a", {"tables/fct_sales.py": own, "tables/fct_sales.sql": sql})).invalid == {}
    whole = own.replace("(Gold, monthly=True)", "(Gold)").replace("    narrow_inputs = (", "    no_inputs = (")
    registry = Registry(SHOP, write(tmp_path / "b", {"tables/fct_sales.py": whole, "tables/fct_sales.sql": sql}))
    assert "fct_sales replaces a table that is made by month: write monthly=True" in registry.invalid["fct_sales"]
    assert registry.recipe("fct_orders").reads == catalog.recipe("fct_orders").reads
