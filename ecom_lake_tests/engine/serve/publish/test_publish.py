"""Releases in PostgreSQL and in MariaDB: what is there, what readers see meanwhile, and what an interruption leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ecom_lake.engine.build.release.release import roll_back
from ecom_lake.engine.contracts.columns import NUMBER
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.serve.publish import target_database
from ecom_lake.engine.serve.publish.mariadb import MariaDB
from ecom_lake.engine.serve.publish.postgresql import PostgreSQL
from ecom_lake.engine.serve.publish.publish import publish
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.access import Secret
from ecom_lake.engine.store.lake import Lake
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.database_shop import MariaDBServer, PostgreSQLServer, Server
from ecom_lake_tests.builders.published_shop import SCHEMA, PublishedShop, is_postgresql, read

SECRET = "hush-hush"


@pytest.fixture
def empty(server: Server) -> Iterator[Server]:
    """A server without the schema of the target."""
    _drop_schema(server)
    yield server
    _drop_schema(server)


def _drop_schema(server: Server) -> None:
    with server.session() as con:
        con.execute(f"drop schema if exists {SCHEMA}{' cascade' if is_postgresql(server) else ''}")
        con.commit()


@pytest.fixture
def shop(built_lake: BuiltLake, empty: Server) -> PublishedShop:
    """Of a lake with one release, for reading only."""
    return PublishedShop(built_lake, empty)


@pytest.fixture
def behind(fresh_grown_lake: BuiltLake, empty: Server) -> PublishedShop:
    """The first of two releases is published; readers of the lake see the second one."""
    shop = PublishedShop(fresh_grown_lake, empty)
    second = released(shop.site).number
    first = next(
        entry.number for entry in map(shop.site.lake.log.entry, shop.site.lake.log.numbers()) if entry.release == entry.number
    )
    roll_back(shop.site, first)
    shop.publish()
    roll_back(shop.site, second)
    return shop


def test_every_gold_table_arrives_with_every_value(built_lake: BuiltLake, empty: Server) -> None:
    shop = PublishedShop(built_lake, empty, tables=())
    published = shop.publish()
    gold = {table.name for table in built_lake.site().registry.gold.values() if released(shop.site).parts(table.id)}
    assert (published.tables, set(published.written)) == (len(gold), gold)
    for table in sorted(gold):
        columns = built_lake.site().registry.gold[table].columns
        names = ", ".join(f"`{name}`" for name in columns)
        there = shop.rows(f"select {names} from {{}}.`{table}`")
        here = shop.gold(table).select(columns.keys()).rows()
        assert sorted(map(_comparable, there)) == sorted(map(_comparable, here)), table
    assert shop.compare() == []


def _comparable(row: tuple[Any, ...]) -> str:
    """MariaDB returns a flag as 0 or 1."""
    return repr([int(value) if isinstance(value, bool) else value for value in row])


def test_types_keys_indexes_and_comments_are_those_of_the_contract(shop: PublishedShop) -> None:
    shop.publish()
    sales = shop.site.registry.gold["fct_sales"]
    described = _described(shop, "fct_sales")
    assert [name for name, _, _ in described] == list(sales.columns)
    assert {name: comment for name, _, comment in described} == {c.name: c.meaning for c in sales.columns.values()}
    types = {name: type_ for name, type_, _ in described}
    expected = ("numeric", "numeric", "date") if is_postgresql(shop.server) else ("decimal(18,2)", "decimal(18,4)", "date")
    assert (types["net_sales"], types["unit_price"], types["month"]) == expected
    assert _indexed(shop, "fct_sales") >= {("order_id", "line"), ("month",), ("customer_id",), ("product_id",)}
    with pytest.raises(Exception, match=r"(?i)duplicate"):
        shop.execute("insert into {}.kpi_monthly select * from {}.kpi_monthly")


def _described(shop: PublishedShop, table: str) -> list[tuple[Any, ...]]:
    if is_postgresql(shop.server):
        return shop.rows(
            "select column_name, data_type, col_description(to_regclass(table_schema || '.' || table_name), ordinal_position) "
            f"from information_schema.columns where table_schema = '{{}}' and table_name = '{table}' order by ordinal_position"
        )
    return shop.rows(
        "select column_name, column_type, column_comment from information_schema.columns "
        f"where table_schema = '{{}}' and table_name = '{table}' order by ordinal_position"
    )


def _indexed(shop: PublishedShop, table: str) -> set[tuple[str, ...]]:
    if is_postgresql(shop.server):
        definitions = shop.rows(f"select indexdef from pg_indexes where schemaname = '{{}}' and tablename = '{table}'")
        return {tuple(text.rpartition("(")[2].rstrip(")").split(", ")) for (text,) in definitions}
    rows = shop.rows(
        "select group_concat(column_name order by seq_in_index separator ' ') from information_schema.statistics "
        f"where table_schema = '{{}}' and table_name = '{table}' group by index_name"
    )
    return {tuple(text.split()) for (text,) in rows}


def test_personal_columns_stay_away_unless_the_settings_name_them(shop: PublishedShop) -> None:
    careful = replace(shop, personal=False)
    careful.publish()
    assert not {"order_id", "customer_id"} & {name for name, _, _ in _described(careful, "fct_sales")}
    assert careful.rows("select count(*), sum(net_sales) from {}.fct_sales") == [
        (shop.gold("fct_sales").height, shop.sum_in_gold("fct_sales", "net_sales"))
    ]
    assert careful.compare() == []
    shop.publish()
    assert {"order_id", "customer_id"} <= {name for name, _, _ in _described(shop, "fct_sales")}
    careful.publish()
    assert not {"order_id", "customer_id"} & {name for name, _, _ in _described(careful, "fct_sales")}


def test_nothing_is_written_when_the_release_is_there(shop: PublishedShop) -> None:
    shop.publish()
    before = shop.state
    again = shop.publish()
    assert again.written == ()
    assert shop.state == before, "the time of publication too"
    assert set(shop.publish(whole=True).written) == set(shop.tables)


def test_a_release_writes_only_the_tables_and_months_that_changed(behind: PublishedShop) -> None:
    more = replace(behind, tables=(*behind.tables, "dim_product", "fct_orders"))
    more.publish()
    _show_first_release(more)
    written = more.publish().written
    assert "fct_orders" in written and "dim_product" not in written


def test_rows_of_other_months_are_not_touched(behind: PublishedShop) -> None:
    if not is_postgresql(behind.server):
        pytest.skip("MariaDB does not show which transaction wrote a row")
    orders = replace(behind, tables=("fct_orders", "kpi_monthly", "fct_sales"))
    orders.publish()
    versions = "select month, min(xmin::text), max(xmin::text), count(*) from {}.fct_orders group by month order by month"
    before = {row[0]: row for row in orders.rows(versions)}
    _show_first_release(orders)
    assert "fct_orders" in orders.publish().written
    after = {row[0]: row for row in orders.rows(versions)}
    assert {month for month in after if after[month] != before[month]} == {date(2017, 2, 1)}, "the month of the new order"


def _show_first_release(shop: PublishedShop) -> None:
    log = shop.site.lake.log
    roll_back(shop.site, next(entry.number for entry in map(log.entry, log.numbers()) if entry.release == entry.number))


def test_a_rollback_is_published_too(behind: PublishedShop) -> None:
    behind.publish()
    newer = behind.state
    _show_first_release(behind)
    older = behind.publish()
    assert older.release < newer[0]
    assert behind.state[0] == older.release
    assert behind.compare() == []


def test_a_reader_keeps_its_release_through_a_publication_and_does_not_hold_it_up(behind: PublishedShop) -> None:
    with behind.server.session() as reader:
        if not is_postgresql(behind.server):
            reader.execute("start transaction")
        else:
            reader.execute("set transaction isolation level repeatable read")
        before = read(reader, "select count(*), sum(net_sales) from {}.kpi_monthly")
        published = behind.publish()  # would wait for the reader for ever if it exchanged a table
        assert published.written
        assert read(reader, "select count(*), sum(net_sales) from {}.kpi_monthly") == before
        assert read(reader, "select `release` from {}.ecom_lake_release")[0][0] < published.release
    assert behind.state[0] == published.release


def test_an_interruption_at_any_statement_leaves_one_whole_release(
    behind: PublishedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    database: type[Any] = PostgreSQL if is_postgresql(behind.server) else MariaDB
    first = behind.state
    left, statements = 0, 0
    run: Callable[[Any, str], None] = database._run

    def interrupted(self: Any, statement: str) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        run(self, statement)

    monkeypatch.setattr(database, "_run", interrupted)
    for statements in range(200):
        left = statements
        try:
            behind.publish()
        except KeyboardInterrupt:
            left = 1_000  # what follows is not interrupted
            if behind.state[0] == first[0]:
                assert behind.state == first
            else:
                assert behind.compare() == []
            continue
        break
    assert statements > 5, "several statements were interrupted"
    assert behind.state[0] > first[0]
    left = 1_000
    assert behind.compare() == []


def test_what_an_interrupted_exchange_left_is_removed(shop: PublishedShop) -> None:
    shop.publish()
    if is_postgresql(shop.server):
        pytest.skip("PostgreSQL leaves nothing: an exchange is one transaction")
    shop.execute("create table {}.ecom_lake_old_3 (a int)", "create table {}.ecom_lake_new_tables (a int)")
    shop.publish()
    names = {name for (name,) in shop.rows("select table_name from information_schema.tables where table_schema = '{}'")}
    assert names == {*shop.tables, "ecom_lake_release", "ecom_lake_tables"}


def test_an_exchange_gives_up_where_a_reader_holds_the_table(behind: PublishedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_database, "PATIENCE", 0.0)
    before, other = behind.state, replace(behind, personal=False)
    with behind.server.session() as reader:
        read(reader, "select count(*) from {}.rfm")
        with pytest.raises(UserError, match=r"Transactions of readers held .*rfm.* Nothing was published"):
            other.publish()
        assert behind.state == before
    assert set(other.publish().written) == set(behind.tables)
    assert other.compare() == []


def test_tables_that_a_release_no_longer_has_are_dropped(shop: PublishedShop) -> None:
    shop.publish()
    fewer = replace(shop, tables=("kpi_monthly",))
    assert fewer.publish().tables == 1
    existing = _existing(shop)
    assert existing == {"kpi_monthly", "ecom_lake_release", "ecom_lake_tables"}


def test_a_published_table_that_somebody_dropped_is_written_again(shop: PublishedShop) -> None:
    shop.publish()
    for whole, written in ((False, {"rfm"}), (True, set(shop.tables))):
        shop.execute("drop table {}.rfm")
        assert set(shop.publish(whole).written) == written
        assert shop.compare() == []


def _existing(shop: PublishedShop) -> set[str]:
    return {name for (name,) in shop.rows("select table_name from information_schema.tables where table_schema = '{}'")}


def test_a_table_of_somebody_else_is_not_touched(shop: PublishedShop) -> None:
    create_schema = "create schema {}"
    shop.execute(create_schema, "create table {}.rfm (a int)", "insert into {}.rfm values (7)")
    with pytest.raises(UserError, match="has a table or view rfm that ecom-lake did not publish"):
        shop.publish()
    assert (_existing(shop), shop.rows("select a from {}.rfm")) == ({"rfm"}, [(7,)])


def test_the_schema_of_another_shop_is_refused(shop: PublishedShop) -> None:
    shop.publish()
    shop.execute("update {}.ecom_lake_release set shop = 'other'")
    with pytest.raises(UserError, match="holds the release of shop 'other': name another schema for 'olist'"):
        shop.publish()


def test_rows_that_the_database_changes_are_not_published(behind: PublishedShop) -> None:
    before = behind.state
    if is_postgresql(behind.server):
        behind.execute(
            "create function {}.cheat() returns trigger language plpgsql as 'begin new.net_sales = 0; return new; end'",
            "create trigger cheat before insert on {}.kpi_monthly for each row execute function {}.cheat()",
        )
    else:
        behind.execute("create trigger {}.cheat before insert on {}.kpi_monthly for each row set new.net_sales = 0")
    with pytest.raises(UserError, match=r"kpi_monthly was not published: .* sum of net_sales: 0\.00 there"):
        behind.publish()
    assert behind.state == before


def test_a_changed_row_is_found_and_replaced(shop: PublishedShop) -> None:
    shop.publish()
    gold = shop.sum_in_gold("kpi_monthly", "net_sales")
    shop.execute("update {}.kpi_monthly set net_sales = net_sales + 0.01 where month = '2017-01-01'")
    there = f"{gold + Decimal('0.01'):,}"
    assert shop.compare() == [f"kpi_monthly: sum of net_sales: {there} there, {gold:,} in gold."]
    shop.publish(whole=True)
    assert shop.compare() == []


def test_a_changed_text_and_a_changed_number_are_found(shop: PublishedShop) -> None:
    columns, values = shop.site.registry.gold["kpi_monthly"].columns.values(), shop.gold("kpi_monthly")
    number = next(column.name for column in columns if column.kind == NUMBER and values[column.name].count())
    shop.publish()
    for table, change, figure in (
        ("rfm", "segment = 'x'", "characters of segment"),
        ("fct_sales", "customer_id = repeat('x', char_length(customer_id))", "distinct values of customer_id"),
        ("kpi_monthly", f"{number} = {number} * 1.5 + 1", f"smallest of {number}"),
    ):
        shop.execute(f"update {{}}.{table} set {change}")
        [found] = shop.compare()
        assert found.startswith(f"{table}: {figure}: ")
        shop.publish(whole=True)
    assert shop.compare() == []


def test_a_check_writes_nothing(shop: PublishedShop) -> None:
    [missing] = shop.compare()
    assert missing.startswith("lake_gold has no release")
    assert shop.rows("select 1 from information_schema.schemata where schema_name = '{}'") == [], "no schema either"
    shop.publish()
    shop.execute("create table {}.ecom_lake_old_3 (a int)")
    before = _existing(shop)
    assert shop.compare() == []
    assert _existing(shop) == before, "what an interrupted publication left is removed by the next one, not by a check"
    with (
        target_database.connected(shop.target, "olist", only_reads=True) as database,
        pytest.raises(UserError, match="cannot be published"),
    ):
        database._all(f"delete from {database.table('rfm')}")


def test_the_limits_of_a_role_do_not_end_a_vacuum(built_lake: BuiltLake, postgres_server: PostgreSQLServer) -> None:
    postgres_server.reset()
    _drop_schema(postgres_server)
    shop = PublishedShop(built_lake, postgres_server, tables=("kpi_monthly",))
    shop.publish()
    with target_database.connected(shop.target, "olist") as database:
        assert isinstance(database, PostgreSQL)
        database._run("rollback; set statement_timeout = 60000; set lock_timeout = 60000")
        database._vacuum(["kpi_monthly"])
        assert database._all("select current_setting('statement_timeout'), current_setting('lock_timeout')") == [("0", "0")]
    _drop_schema(postgres_server)


def test_a_refusal_after_the_commit_is_no_error(shop: PublishedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    is_vacuum = is_postgresql(shop.server)

    def refuse(database: object, tables: Iterable[str]) -> None:
        if is_vacuum:
            raise psycopg.errors.QueryCanceled
        if list(tables):
            raise UserError("Its user may not drop a table.")

    shop.publish()
    fewer = replace(shop, tables=("kpi_monthly",))
    with monkeypatch.context() as patched:
        patched.setattr(PostgreSQL, "_vacuum", refuse)
        patched.setattr(MariaDB, "_drop", refuse)
        assert fewer.publish().tables == 1
    assert fewer.compare() == []


def test_a_database_is_recorded_before_the_release_is_there(shop: PublishedShop, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = list[bool]()
    database: type[Any] = PostgreSQL if is_postgresql(shop.server) else MariaDB
    monkeypatch.setattr(Lake, "record_made", lambda *_: recorded.append(True))
    monkeypatch.setattr(database, "publish", lambda *_: recorded.append(False))
    shop.publish()
    assert recorded == [True, False]


def test_two_publications_at_once(shop: PublishedShop) -> None:
    with target_database.connected(shop.target, "olist"), pytest.raises(UserError, match="Another publication into lake_gold is"):
        shop.publish()
    shop.publish()


def test_grants_and_views_survive_a_release(behind: PublishedShop) -> None:
    behind.execute("create view {}.sales_by_month as select month, net_sales from {}.kpi_monthly")
    published = behind.publish()
    [(months,)] = behind.rows("select count(*) from {}.sales_by_month")
    assert published.written and months == behind.gold("kpi_monthly").height


def test_an_exchange_keeps_grants_and_stops_for_a_view(built_lake: BuiltLake, postgres_server: PostgreSQLServer) -> None:
    postgres_server.reset()
    _drop_schema(postgres_server)
    shop = PublishedShop(built_lake, postgres_server, tables=("rfm",))
    shop.publish()
    shop.execute("grant select on {}.rfm to public", "create view {}.codes as select rfm_code from {}.rfm")
    other = replace(shop, personal=False)
    with pytest.raises(UserError, match="a view or a foreign key depends on a table whose columns change"):
        other.publish()
    assert shop.compare() == []
    shop.execute("drop view {}.codes")
    other.publish()
    grants = shop.rows(
        "select grantee from information_schema.role_table_grants where table_schema = '{}' and table_name = 'rfm'"
    )
    assert ("PUBLIC",) in grants
    names = shop.rows("select indexname from pg_indexes where schemaname = '{}' and tablename = 'rfm'")
    assert not [name for (name,) in names if "ecom_lake" in name]
    _drop_schema(postgres_server)


@pytest.fixture
def exchanged(built_lake: BuiltLake, postgres_server: PostgreSQLServer) -> Iterator[PublishedShop]:
    """A published table with personal columns; the roles `analyst` and `intern`, of which a new table gives `intern` access."""
    postgres_server.reset()
    _drop_schema(postgres_server)
    shop = PublishedShop(built_lake, postgres_server, tables=("rfm",))
    shop.execute("create role analyst", "create role intern")
    shop.publish()
    shop.execute("alter default privileges in schema {} grant select on tables to intern")
    yield shop
    _drop_schema(postgres_server)
    shop.execute("drop owned by analyst, intern", "drop role analyst, intern")


def test_an_exchange_gives_no_access_back(exchanged: PublishedShop) -> None:
    """Default privileges came later, or were revoked from this table; a grant on a column stays one."""
    exchanged.execute("grant select (rfm_code) on {}.rfm to analyst")
    replace(exchanged, personal=False).publish()
    assert exchanged.rows(
        "select r, has_table_privilege(r, '{}.rfm', 'select'), has_column_privilege(r, '{}.rfm', 'rfm_code', 'select') "
        "from unnest(array['analyst', 'intern']) r order by r"
    ) == [("analyst", False, True), ("intern", False, False)]


@pytest.mark.parametrize("limit", ["alter table {}.rfm enable row level security", "create policy p on {}.rfm using (true)"])
def test_an_exchange_stops_for_row_level_security(exchanged: PublishedShop, limit: str) -> None:
    exchanged.execute(limit)
    with pytest.raises(UserError, match="it has row-level security, which the new table would not have"):
        replace(exchanged, personal=False).publish()
    assert exchanged.compare() == []


@pytest.mark.parametrize("is_missing", [False, True], ids=["a flipped bit", "missing"])
def test_a_damaged_file_is_not_published(fresh_lake: BuiltLake, empty: Server, is_missing: bool) -> None:
    shop = PublishedShop(fresh_lake, empty, tables=("rfm",))
    [path] = shop.site.lake.paths(released(shop.site), TableId("gold", "rfm"))
    whole = path.read_bytes()
    _damage(path, is_missing)
    with pytest.raises(UserError, match="`ecom-lake repair` rebuilds it"):
        shop.publish()
    path.write_bytes(whole)
    shop.publish()
    _damage(path, is_missing)
    with pytest.raises(UserError, match="`ecom-lake repair` rebuilds it"):
        shop.compare()


def _damage(path: Path, is_missing: bool) -> None:
    if is_missing:
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)


def test_a_text_that_outgrows_its_column(shop: PublishedShop) -> None:
    """MariaDB's columns are as wide as their values were."""
    shop.publish()
    if is_postgresql(shop.server):
        pytest.skip("a text of PostgreSQL has any length")
    shop.execute(
        "delete from {}.rfm",
        "alter table {}.rfm modify segment varchar(2) not null",
        "update {}.ecom_lake_tables set content = 'older' where table_name = 'rfm'",
        "update {}.ecom_lake_release set `release` = 0",
    )
    shop.publish()
    assert shop.compare() == []


@pytest.mark.parametrize("url", ["postgresql://user:{}@127.0.0.1:1/x", "mysql://user:{}@127.0.0.1:1/x", "mysql://user:{}@b@c/x"])
def test_no_sentence_shows_the_password(built_lake: BuiltLake, url: str, server: Server) -> None:
    shop = PublishedShop(built_lake, server)
    target = replace(shop.target, url=Secret(url.format(SECRET)))
    with pytest.raises(UserError) as refused:
        publish(shop.site, target)
    assert "WAREHOUSE_URL" in str(refused.value)
    assert SECRET not in str(refused.value) + repr(target) + repr(shop.site)


def test_a_user_without_rights(built_lake: BuiltLake, postgres_server: PostgreSQLServer) -> None:
    postgres_server.reset()
    _drop_schema(postgres_server)
    with postgres_server.session() as con:
        con.execute(f"create role guarded login password '{SECRET}'")
        con.commit()
    shop = PublishedShop(built_lake, postgres_server)
    url = postgres_server.url.replace("dagster@", f"guarded:{SECRET}@", 1)
    with pytest.raises(
        UserError, match=r"its user may not do that: it needs CREATE on the database .* \(SQLSTATE 42501\)"
    ) as refused:
        publish(shop.site, replace(shop.target, url=Secret(url)))
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("personal", [True, False], ids=["rows", "an exchange"])
def test_a_table_that_another_role_owns(built_lake: BuiltLake, postgres_server: PostgreSQLServer, personal: bool) -> None:
    postgres_server.reset()
    _drop_schema(postgres_server)
    shop = PublishedShop(built_lake, postgres_server, tables=("rfm",))
    shop.execute(f"create role guarded login password '{SECRET}'", "create schema {} authorization guarded")
    url = postgres_server.url.replace("dagster@", f"guarded:{SECRET}@", 1)
    publish(shop.site, replace(shop.target, url=Secret(url)))
    shop.execute("alter table {}.rfm owner to current_user")
    with pytest.raises(
        UserError, match=r"lake_gold cannot be published: its user may .* must own the tables there \(SQLSTATE 42501\)"
    ):
        publish(shop.site, replace(shop.target, url=Secret(url), personal=personal), whole=True)
    _drop_schema(postgres_server)


def test_the_default_schema(built_lake: BuiltLake, mariadb_server: MariaDBServer) -> None:
    mariadb_server.reset()
    shop = PublishedShop(built_lake, mariadb_server, tables=("kpi_monthly",))
    assert publish(shop.site, replace(shop.target, schema="")).schema == "shop", "the database of the URL"


def test_a_release_of_an_older_version(built_lake: BuiltLake, server: Server, tmp_path: Path) -> None:
    shop = PublishedShop(built_lake, server, tables=("kpi_monthly",))
    site = shop.site
    contract = site.registry.gold["kpi_monthly"]
    newer = replace(contract, columns={**contract.columns, "a_new_one": replace(contract.columns["net_sales"], name="a_new_one")})
    registry = site.registry
    assert registry.gold["kpi_monthly"] is contract
    from ecom_lake.engine.serve.publish.content import contents
    from ecom_lake.engine.serve.publish.rows import csv_texts

    [content] = contents(site, released(site), shop.target)
    with pytest.raises(UserError, match="kpi_monthly of this release has no column a_new_one: it was built by an older version"):
        list(csv_texts(replace(content, contract=newer, columns=tuple(newer.columns.values())), content.paths()))
