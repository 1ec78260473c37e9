"""The settings in lake.toml: which values are valid, and the message for each invalid value."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from ecom_lake.engine.build.shop_context import invalid_shops
from ecom_lake.engine.config import EngineSettings
from ecom_lake.engine.database import PulledTable, Target
from ecom_lake.engine.store.access import Secret
from ecom_lake.errors import UserError
from ecom_lake.settings import load


def without(folder: Path, setting: str) -> tuple[str, ...]:
    config = folder / "lake.toml"
    config.write_text(f'[shops.mine]\nconnector = "canonical"\nwithout = {setting}\n', encoding="utf-8")
    return load(None, {"ECOM_LAKE_CONFIG": str(config)}).shop("mine").without


def test_a_shop_can_be_without_tables_and_columns(tmp_path: Path) -> None:
    assert without(tmp_path, "[]") == ()
    assert without(tmp_path, '["orders.ordered_at"]') == ("orders.ordered_at",)
    assert without(tmp_path, '["payments", "products.unit_cost"]') == ("payments", "products.unit_cost")


@pytest.mark.parametrize(("setting", "readers"), [("", ""), ('readers = "analysts"', "analysts")])
def test_readers_are_a_group_or_empty(tmp_path: Path, setting: str, readers: str) -> None:
    (tmp_path / "lake.toml").write_text(setting, encoding="utf-8")
    assert load(None, {"ECOM_LAKE_CONFIG": str(tmp_path / "lake.toml")}).access.readers == readers


def test_readers_that_are_not_a_name_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lake.toml").write_text("readers = 7", encoding="utf-8")
    with pytest.raises(UserError, match="must be the name of a group of this machine"):
        load(None, {"ECOM_LAKE_CONFIG": str(tmp_path / "lake.toml")})


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ('["product.unit_cost"]', "which is not an optional table or column; did you mean 'products.unit_cost'?"),
        ('["orders"]', "which is not an optional table or column"),
        ('["orders.order_id"]', "which is not an optional table or column"),
        ('["moonlight"]', "the tables are customers, "),
        ('"payments"', "without must be a list of tables and columns"),
        ("[1]", "without must be a list of tables and columns"),
    ],
)
def test_without_rejects_unknown_and_required_tables_and_columns(tmp_path: Path, setting: str, expected: str) -> None:
    with pytest.raises(UserError, match=r"\[shops\.mine\] in .*lake\.toml") as error:
        without(tmp_path, setting)
    assert expected in str(error.value)
    assert str(error.value).count("\n") == 0


# ------------------------------------------------------------------------------------- valid and invalid settings of a shop


def why_invalid(folder: Path, setting: str) -> str:
    config = folder / "lake.toml"
    config.write_text(f"[shops.mine]\n{setting}\n[shops.other]\n", encoding="utf-8")
    settings = load(None, {"ECOM_LAKE_CONFIG": str(config)})
    assert "other" in settings.shops, "one invalid shop does not affect the others"
    with pytest.raises(UserError) as error:
        settings.shop("mine")
    assert str(error.value).count("\n") == 0
    return str(error.value).replace(str(config), "lake.toml")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ('nightly = "every night"', "[shops.mine] in lake.toml: nightly must be a cron expression of five fields"),
        ('nightly = "0 3 * * * *"', "not '0 3 * * * *'."),
        ('nightly = "0 3 31 feb *"', "nightly names a date that does not exist: day '31' of month 'feb'."),
        ("nightly = 3", "nightly must be a text, not 3."),
        ('timezone = "Europe/Berln"', "timezone 'Europe/Berln' is not a time zone; did you mean 'Europe/Berlin'?"),
        ('timezone = "../etc/passwd"', "is not a time zone; use a name such as 'UTC'"),
        ('timezone = ""', "timezone must be a text, not ''."),
        ('first_month = "2018-13"', "first_month must be a month such as 2017-10, within 1970-01 to 2199-12, not '2018-13'."),
        ('first_month = "0000-01"', "first_month must be a month"),
        ("last_month = 2018", "last_month must be a month"),
        ('first_month = "2018-03"\nlast_month = "2018-01"', "last_month (2018-01) is before first_month (2018-03); swap them."),
        ('first_month = "2199-01"', "first_month (2199-01) is in the future"),
        ("connector = 7", "connector must be a text, not 7."),
        ('landing = "az:/inbox"', "landing must be a folder, or a URL such as az://CONTAINER/PREFIX, not 'az:/inbox'"),
        ("landing = false", "landing must be a text, not False."),
        ('conector = "olist"', "[shops.mine] in lake.toml: there is no setting 'conector'; did you mean 'connector'?"),
        ("numbers = 3", "[shops.mine.numbers] in lake.toml must be a table of settings."),
        (
            "numbers = { repeat_day = 3 }",
            "[shops.mine.numbers] in lake.toml: there is no setting 'repeat_day'; did you mean 'repeat_days'?",
        ),
        ("mining = { alpha = 2.0 }", "[shops.mine.mining] in lake.toml: alpha must be at most 1, not 2.0."),
        ("mining = { zzz = 2.0 }", "there is no setting 'zzz'; the settings are product_min_orders, "),
    ],
)
def test_an_invalid_setting_is_one_sentence_that_names_its_shop(tmp_path: Path, setting: str, expected: str) -> None:
    assert expected in why_invalid(tmp_path, setting)


def test_a_shop_that_is_not_a_toml_table_is_an_error(tmp_path: Path) -> None:
    config = tmp_path / "lake.toml"
    config.write_text("shops = 3\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"shops in .*lake\.toml must be tables, one for each shop"):
        load(None, {"ECOM_LAKE_CONFIG": str(config)})
    config.write_text("[shops]\nmine = 3\n", encoding="utf-8")
    assert "must be a table of settings" in load(None, {"ECOM_LAKE_CONFIG": str(config)}).invalid["mine"]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("ECOM_LAKE_RETRIES", "²", "must be a whole number from 0 to 999, not '²'"),
        ("ECOM_LAKE_THREADS", "²", "must be a whole number from 1 to 1,024, not '²'"),
        ("ECOM_LAKE_THREADS", "99999", "must be a whole number from 1 to 1,024, not '99999'"),
        ("ECOM_LAKE_MEMORY", "0GB", "must look like 1GB, and be at least 100MB, not '0GB'"),
        ("ECOM_LAKE_MEMORY", "99MB", "at least 100MB, not '99MB'"),
        ("ECOM_LAKE_MEMORY", "9999999GB", "must look like 1GB"),
        ("ECOM_LAKE_CACHE_LIMIT", "³GB", "ECOM_LAKE_CACHE_LIMIT must look like 10GB"),
        ("ECOM_LAKE_CACHE", "~nobody_here/x", "ECOM_LAKE_CACHE: the home folder in '~nobody_here/x' is not known"),
        ("ECOM_LAKE_KEYS", "~nobody_here/x", "ECOM_LAKE_KEYS: the home folder in '~nobody_here/x' is not known"),
        ("ECOM_LAKE_CONFIG", "~nobody_here/x", "ECOM_LAKE_CONFIG: the home folder in '~nobody_here/x' is not known"),
        ("ECOM_LAKE_ROOT", "~nobody_here/x", "root (--root or ECOM_LAKE_ROOT): the home folder in '~nobody_here/x' is not"),
    ],
)
def test_a_variable_that_cannot_work_is_one_sentence(variable: str, value: str, expected: str) -> None:
    with pytest.raises(UserError, match=re.escape(expected)):
        load(None, {variable: value})


def test_the_least_memory_is_accepted() -> None:
    assert load(None, {"ECOM_LAKE_MEMORY": "0.1GB"}).memory_limit == "0.1GB"


@pytest.mark.parametrize("root", ["az://", "az:/lake", "abfss:", "s3:///lake"])
def test_an_incomplete_url_is_not_read_as_a_folder(root: str) -> None:
    with pytest.raises(UserError, match=r"root \(--root or ECOM_LAKE_ROOT\) must be a folder, or a URL such as az://"):
        load(root, {})


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("https://nowhere.invalid/lake", "A lake cannot be on 'https://', which is read-only"),
        ("ftp://me:secret@nowhere.invalid/lake", "No store can be opened at ftp://nowhere.invalid/lake: "),
        ("nonsense://lake", "A lake cannot be on 'nonsense://'"),
    ],
)
def test_a_root_without_a_usable_store_is_one_sentence(tmp_path: Path, root: str, expected: str) -> None:
    config = tmp_path / "lake.toml"
    config.write_text("[shops.mine]\n", encoding="utf-8")
    [message] = invalid_shops(load(root, {"ECOM_LAKE_CONFIG": str(config)})).values()
    assert expected in message and "secret" not in message


def test_the_message_for_an_unknown_setting_suggests_the_most_similar_name(tmp_path: Path) -> None:
    config = tmp_path / "lake.toml"
    config.write_text("thread = 2\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"lake\.toml: there is no setting 'thread'; did you mean 'threads'\?"):
        load(None, {"ECOM_LAKE_CONFIG": str(config)})


def test_the_limit_of_a_query_is_set_in_lake_toml_or_the_environment(tmp_path: Path) -> None:
    config = tmp_path / "lake.toml"
    where = {"ECOM_LAKE_CONFIG": str(config)}
    config.write_text("", encoding="utf-8")
    assert load(None, where).query_timeout == 300
    config.write_text("query_timeout = 20", encoding="utf-8")
    assert load(None, where).query_timeout == 20
    assert load(None, {**where, "ECOM_LAKE_QUERY_TIMEOUT": "86400"}).query_timeout == 86_400


@pytest.mark.parametrize("setting", ["0", "-1", "86401", '"1h"', "1.5", "true"])
def test_an_invalid_query_timeout_is_an_error(tmp_path: Path, setting: str) -> None:
    config = tmp_path / "lake.toml"
    config.write_text(f"query_timeout = {setting}", encoding="utf-8")
    with pytest.raises(UserError, match="a whole number from 1 to 86,400, not"):
        load(None, {"ECOM_LAKE_CONFIG": str(config)})


def test_what_the_server_answers_in_addition_is_off_unless_lake_toml_switches_it_on(tmp_path: Path) -> None:
    config = tmp_path / "lake.toml"
    where = {"ECOM_LAKE_CONFIG": str(config)}
    assert (load(None, {}).server.sql, load(None, {}).server.mcp) == (False, False)
    config.write_text("[server]\nsql = true\nsql_seconds = 30", encoding="utf-8")
    assert (load(None, where).server.sql, load(None, where).server.sql_seconds) == (True, 30)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("sql = 1", "sql must be true or false, not 1."),
        ("sql_seconds = 0", "sql_seconds must be at least 1, not 0."),
        ("sql_second = 5", "there is no setting 'sql_second'; did you mean 'sql_seconds'?"),
    ],
)
def test_an_invalid_setting_of_the_server_is_an_error(tmp_path: Path, setting: str, sentence: str) -> None:
    config = tmp_path / "lake.toml"
    config.write_text(f"[server]\n{setting}", encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(f"[server] in {config}: {sentence}")):
        load(None, {"ECOM_LAKE_CONFIG": str(config)})


def test_monthly_facts_are_also_single_files_unless_lake_toml_ends_it(tmp_path: Path) -> None:
    config = tmp_path / "lake.toml"
    where = {"ECOM_LAKE_CONFIG": str(config)}
    assert load(None, {}).plain_fact_files is True
    config.write_text("plain_fact_files = false", encoding="utf-8")
    assert load(None, where).plain_fact_files is False
    config.write_text("plain_fact_files = 0", encoding="utf-8")
    with pytest.raises(UserError, match=r"plain_fact_files in .* must be true or false, not 0"):
        load(None, where)


def max_failed_share(folder: Path, setting: str) -> float:
    config = folder / "lake.toml"
    config.write_text(f"[shops.mine]\n{setting}\n", encoding="utf-8")
    return load(None, {"ECOM_LAKE_CONFIG": str(config)}).shop("mine").max_failed_share


def test_the_share_of_rows_that_may_fail_is_one_half_unless_the_shop_sets_it(tmp_path: Path) -> None:
    assert [max_failed_share(tmp_path, setting) for setting in ("", "max_failed_share = 0.2", "max_failed_share = 1")] == [
        0.5,
        0.2,
        1,
    ]


@pytest.mark.parametrize("setting", ["-0.1", "1.1", "nan", "true", '"half"'])
def test_an_invalid_share_is_an_error(tmp_path: Path, setting: str) -> None:
    with pytest.raises(UserError, match=r"\[shops\.mine\] in .*: max_failed_share must be a number from 0 to 1, not "):
        max_failed_share(tmp_path, f"max_failed_share = {setting}")


def kept(folder: Path, setting: str) -> tuple[int, int]:
    config = folder / "lake.toml"
    config.write_text(f"[shops.mine]\n{setting}\n", encoding="utf-8")
    shop = load(None, {"ECOM_LAKE_CONFIG": str(config)}).shop("mine")
    return shop.keep_days, shop.keep_releases


def test_releases_stay_for_30_days_and_10_at_least_unless_the_shop_sets_it(tmp_path: Path) -> None:
    assert kept(tmp_path, "") == (30, 10)
    assert kept(tmp_path, "keep_days = 400\nkeep_releases = 2") == (400, 2)


def test_a_backfill_is_one_run_unless_the_shop_sets_how_many_months_a_run_has(tmp_path: Path) -> None:
    config = tmp_path / "lake.toml"
    config.write_text("[shops.one]\n[shops.several]\nmonths_per_run = 6\n", encoding="utf-8")
    settings = load(None, {"ECOM_LAKE_CONFIG": str(config)})
    assert [settings.shop(name).months_per_run for name in ("one", "several")] == [None, 6]


@pytest.mark.parametrize(
    ("setting", "value", "at_least"),
    [
        ("months_per_run", "0", 1),
        ("keep_days", "0", 1),
        ("keep_days", "true", 1),
        ("keep_days", "1.5", 1),
        ("keep_releases", "1", 2),
        ("keep_releases", '"3"', 2),
    ],
)
def test_an_invalid_number_of_days_or_releases_is_an_error(tmp_path: Path, setting: str, value: str, at_least: int) -> None:
    with pytest.raises(
        UserError, match=rf"\[shops\.mine\] in .*: {setting} must be a whole number from {at_least} to 36,500, not "
    ):
        kept(tmp_path, f"{setting} = {value}")


def test_the_lake_toml_is_found_from_a_folder_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lake.toml").write_text("[shops.mine]\n", "utf-8")
    below = tmp_path / "exports" / "2018"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert load(environment={}).config == tmp_path / "lake.toml"
    (below / "lake.toml").write_text("[shops.nearer]\n", "utf-8")
    assert load(environment={}).default_shop == "nearer"


def test_the_keys_are_next_to_the_lake_toml_unless_the_environment_names_their_file(tmp_path: Path) -> None:
    (tmp_path / "lake.toml").write_text("[shops.mine]\n", "utf-8")
    assert load(environment={}, project=str(tmp_path)).keys_file == tmp_path / "keys.toml"
    named = load(environment={"ECOM_LAKE_KEYS": "/keys/keys.toml"}, project=str(tmp_path))
    assert named.keys_file == Path("/keys/keys.toml")


def test_an_unknown_shop_without_a_lake_toml_names_the_ways_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(environment={})
    with pytest.raises(UserError) as error:
        settings.shop("mine")
    assert str(error.value) == (
        f"There is no shop 'mine': there is no lake.toml in {tmp_path} or a folder above it. Start in a project folder, "
        "name one with --project or ECOM_LAKE_CONFIG, or create one with `ecom-lake init FOLDER`."
    )


# ------------------------------------------------------------------------------------------------------------- the database


def test_a_database_is_declared_with_its_tables_and_the_variable_of_its_url(tmp_path: Path) -> None:
    config = tmp_path / "lake.toml"
    config.write_text(
        '[shops.mine.database]\nurl_env = "MINE"\n[shops.mine.database.tables]\norders = {}\n'
        'lines = { table = "sales.lines", since = "at", overlap = "90 minutes", columns = ["id", "at"], where = "id > 3" }\n',
        encoding="utf-8",
    )
    database = load(None, {"ECOM_LAKE_CONFIG": str(config), "MINE": "postgresql://me:hush@host/db"}).shop("mine").database
    assert database and database.url.reveal() == "postgresql://me:hush@host/db"
    assert "hush" not in repr(database)
    assert database.tables == {
        "orders": PulledTable(),
        "lines": PulledTable.model_validate(
            {"table": "sales.lines", "since": "at", "overlap": "90 minutes", "columns": ["id", "at"], "where": "id > 3"}
        ),
    }
    assert (database.tables["orders"].overlap, database.tables["lines"].overlap) == (timedelta(days=1), timedelta(minutes=90))
    without = load(None, {"ECOM_LAKE_CONFIG": str(config)}).shop("mine").database
    assert without and not without.url, "commands that do not pull need no URL"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("[shops.mine.database]", "[shops.mine.database] in lake.toml: url_env must be the name of an environment variable"),
        ('[shops.mine.database]\nurl_env = "postgresql://me:hush@host/db"', "the URL itself does not belong into a file."),
        ('[shops.mine.database]\nurl = "postgresql://me:hush@host/db"', "there is no setting 'url'; did you mean 'url_env'?"),
        ('[shops.mine.database]\nurl_env = "A"', "[shops.mine.database] in lake.toml needs the tables to pull"),
        ('[shops.mine]\ndatabase = "A"', "[shops.mine.database] in lake.toml must be a table of settings."),
        (
            '[shops.mine.database]\nurl_env = "A"\ntables = { "sales.orders" = {} }',
            "'sales.orders' becomes the name of files: letters, digits and _, starting with a letter. Choose such a name, and "
            'write table = "sales.orders"',
        ),
        (
            '[shops.mine.database]\nurl_env = "A"\ntables = { orders = { sinc = "a" } }',
            "[shops.mine.database.tables.orders] in lake.toml: there is no setting 'sinc'; did you mean 'since'?",
        ),
        (
            '[shops.mine.database]\nurl_env = "A"\ntables = { orders = { overlap = 2 } }',
            'overlap must be a time such as "2 days", "12 hours" or "30 minutes", not 2.',
        ),
        (
            '[shops.mine.database]\nurl_env = "A"\ntables = { orders = { columns = "id" } }',
            'columns must be a list of the names of columns, such as ["id", "updated_at"], not \'id\'.',
        ),
        ('[shops.mine.database]\nurl_env = "A"\ntables = { orders = { since = 3 } }', "since must be a text, not 3."),
    ],
)
def test_an_invalid_database_is_one_sentence_that_shows_no_url(tmp_path: Path, setting: str, expected: str) -> None:
    config = tmp_path / "lake.toml"
    config.write_text(f"{setting}\n[shops.other]\n", encoding="utf-8")
    with pytest.raises(UserError) as error:
        load(None, {"ECOM_LAKE_CONFIG": str(config)}).shop("mine")
    assert expected in str(error.value).replace(str(config), "lake.toml")
    assert "hush" not in str(error.value) and str(error.value).count("\n") == 0


# --------------------------------------------------------------------------------------------------------------- publishing


def test_targets_are_declared_with_the_variable_of_their_url(tmp_path: Path) -> None:
    config = tmp_path / "lake.toml"
    config.write_text(
        '[shops.mine.publish.warehouse]\nurl_env = "HERE"\n[shops.mine.publish.bi]\nurl_env = "THERE"\nschema = "Gold"\n'
        'tables = ["rfm"]\npersonal = true\n',
        encoding="utf-8",
    )
    targets = load(None, {"ECOM_LAKE_CONFIG": str(config), "HERE": "postgresql://me:hush@host/db"}).shop("mine").publish
    assert targets == {
        "warehouse": Target("warehouse", Secret("postgresql://me:hush@host/db"), "HERE", "", (), False),
        "bi": Target("bi", Secret(""), "THERE", "Gold", ("rfm",), True),
    }
    assert "hush" not in repr(targets)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ('publish = "A"', "[shops.mine.publish] in lake.toml must be tables, one for each database"),
        ('publish.url_env = "A"', "[shops.mine.publish.url_env] in lake.toml must be a table of settings: name each database"),
        ("publish.Big = {}", "the name of a target has small letters, digits and _, and starts with a letter."),
        ("publish.a = {}", "url_env must be the name of an environment variable that holds the URL, such as WAREHOUSE_URL"),
        ('publish.a = { url_env = "mysql://me:hush@h/x" }', "the URL itself does not belong into a file."),
        ('publish.a = { url_env = "A", shema = "x" }', "there is no setting 'shema'; did you mean 'schema'?"),
        (
            'publish.a = { url_env = "A", schema = "a; drop" }',
            "schema has letters, digits and _, and does not start with a digit",
        ),
        ('publish.a = { url_env = "A", personal = 1 }', "personal must be true or false, not 1."),
        ('publish.a = { url_env = "A", tables = [["rfm"]] }', "tables must be a list of gold tables"),
        ('publish.a = { url_env = "A", tables = [] }', "tables must be a list of gold tables"),
        (
            'publish.a = { url_env = "A", tables = ["rmf"] }',
            "tables contains 'rmf', which is not a gold table; did you mean 'rfm'?",
        ),
    ],
)
def test_an_invalid_target_is_one_sentence_that_shows_no_url(tmp_path: Path, setting: str, expected: str) -> None:
    config = tmp_path / "lake.toml"
    config.write_text(f"[shops.mine]\n{setting}\n", encoding="utf-8")
    with pytest.raises(UserError) as error:
        load(None, {"ECOM_LAKE_CONFIG": str(config)}).shop("mine")
    assert expected in str(error.value).replace(str(config), "lake.toml")
    assert "hush" not in str(error.value) and str(error.value).count("\n") == 0


# ------------------------------------------------------------------------------------------------- what computes gold


def engine(folder: Path, settings: str) -> EngineSettings:
    (folder / "lake.toml").write_text(f"[engine]\n{settings}", encoding="utf-8")
    return load(None, {"ECOM_LAKE_CONFIG": str(folder / "lake.toml")}).engine


def test_duckdb_makes_gold_unless_lake_toml_names_spark(tmp_path: Path) -> None:
    assert load(None, {}).engine == engine(tmp_path, "") == EngineSettings(gold="duckdb")
    assert engine(tmp_path, 'gold = "spark"').master == "local[*]"
    cluster = engine(tmp_path, 'gold = "spark"\nmaster = "spark://10.0.0.1:7077,standby:7077"\nmemory = "4g"')
    assert (cluster.master, cluster.memory) == ("spark://10.0.0.1:7077,standby:7077", "4g")
    assert engine(tmp_path, 'gold = "spark"\nmaster = "sc://127.0.0.1:15002"').master == "sc://127.0.0.1:15002"
    assert engine(tmp_path, 'gold = "spark"\nmaster = "sc://gateway:443/;use_ssl=true"').master.endswith("use_ssl=true")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('gold = "sail"', "gold must be 'duckdb' or 'spark', not 'sail'."),
        ("gold = 1", "gold must be 'duckdb' or 'spark', not 1."),
        ('master = "local[2]"', 'master is a setting of Spark: add gold = "spark", or remove master.'),
        ('memory = "4g"', 'memory is a setting of Spark: add gold = "spark", or remove memory.'),
        (
            'gold = "spark"\nmaster = "yarn"',
            "local[*], local[N], spark://HOST:PORT or sc://HOST:PORT, not 'yarn'.",
        ),
        ('gold = "spark"\nmaster = "spark://head"', "sc://HOST:PORT, not 'spark://head'."),
        ('gold = "spark"\nmaster = "local[0]"', "not 'local[0]'."),
        ('gold = "spark"\nmaster = 7', "master must be a text, not 7."),
        ('gold = "spark"\nmaster = "sc://head:443/;use_ssl=true;token=s3cret"', "set SPARK_CONNECT_AUTHENTICATE_TOKEN"),
        ('gold = "spark"\nmemory = "4GB"', "memory must look like 4g or 800m, and be from 512m to 4096g, not '4GB'."),
        ('gold = "spark"\nmemory = "511m"', "from 512m to 4096g, not '511m'."),
        ('gold = "spark"\nmemory = "4097g"', "from 512m to 4096g, not '4097g'."),
        ('gold = "spark"\nmemory = 4', "memory must be a text, not 4."),
        ('gold = "spark"\nmaster = "sc://head"\nmemory = "4g"', "memory has no effect on a server of Spark Connect"),
        ('golden = "spark"', "there is no setting 'golden'; did you mean 'gold'?"),
    ],
)
def test_an_invalid_setting_of_the_engine_is_one_sentence(tmp_path: Path, settings: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        engine(tmp_path, settings)
    assert str(error.value).startswith(f"[engine] in {tmp_path / 'lake.toml'}: ")
    assert says in str(error.value)
    assert str(error.value).count("\n") == 0
    assert "s3cret" not in str(error.value)
