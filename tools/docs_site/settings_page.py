"""The reference of lake.toml, from pydantic models and the fields of a shop: each setting with type, bounds and default.

Here: the page, and the meaning of the settings that no model describes. Not here: reading lake.toml (ecom_lake/settings.py).
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ecom_lake.engine.config import EngineSettings, Retention, ServerSettings, Shop
from ecom_lake.engine.contracts.settings_model import SettingsModel
from ecom_lake.engine.database import PulledTable
from ecom_lake.settings import SHOP_SETTINGS
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from tools.docs_site.markdown import code, plain, prose, table

LAKE = {
    "root": (
        "text",
        "`data`",
        "Root of the lake: a folder, or a URL such as `az://CONTAINER/PREFIX`. Relative to the folder of lake.toml.",
    ),
    "memory_limit": ("text", "`2GB`", "Memory of DuckDB. `ECOM_LAKE_MEMORY` overrides it."),
    "threads": ("integer, at least 1", "all cores", "Threads of DuckDB and Polars. `ECOM_LAKE_THREADS` overrides it."),
    "query_timeout": (
        "integer, 1 to 86,400",
        "`300`",
        "Seconds that a query of `ecom-lake sql` may take. `ECOM_LAKE_QUERY_TIMEOUT` overrides it.",
    ),
    "readers": (
        "text",
        "",
        "Name of a group of this machine that may read gold ([who may read a lake](operations.md#who-may-read-a-lake)).",
    ),
    "plain_fact_files": (
        "true or false",
        "`true`",
        "Whether `fct_orders` and `fct_sales` are also single files "
        "([why](operations.md#facts-as-folders-of-months-and-as-single-files)).",
    ),
    "server": ("section", "", "[`[server]`](#server)."),
    "engine": ("section", "", "[`[engine]`](#engine)."),
    "channels": ("sections", "", "[Where alerts and reports are sent](alerts.md#channels), one for each channel."),
    "shops": ("sections", "", "[`[shops.NAME]`](#shopsname), one for each shop."),
}
"""The settings at the top of lake.toml."""
_SHOP = {
    "connector": ("text", "`olist`", "The connector of its exports: `olist` or `canonical`."),
    "first_month": ("month", "`2016-09`", "Month of the first order, such as `2017-10`; orders before it are quarantined."),
    "last_month": ("month", "", "Month of the last order of a shop that has closed; unset for a shop that is open."),
    "nightly": ("text", "`0 3 * * *`", "When the nightly schedule runs, in cron's notation."),
    "timezone": ("text", "`UTC`", "The zone of the shop's times, such as `Europe/Berlin`."),
    "months_per_run": (
        "integer, at least 1",
        "",
        "The most months that one run of a Dagster backfill makes; unset for one run over all of them "
        "([several at the same time](scale.md#in-dagster)).",
    ),
    "database": ("section", "", "[Where `ecom-lake pull` reads its files from](databases.md)."),
    "publish": (
        "sections",
        "",
        "[The databases that its releases are published into](how-to-publish-to-a-database.md#declare-the-target).",
    ),
    "alerts": ("section", "", "[Which alerts are sent, and to which channels](alerts.md#rules)."),
    "scheduled_report": ("section", "", "[The report by mail](alerts.md#the-report-by-mail)."),
    "retention": ("section", "", "[`[shops.NAME.retention]`](#shopsnameretention)."),
    "numbers": ("section", "", "[`[shops.NAME.numbers]`](#shopsnamenumbers)."),
    "mining": ("section", "", "[`[shops.NAME.mining]`](#shopsnamemining)."),
}
"""Settings of a shop whose field has no text, or one that is not meant for lake.toml."""
_SECTIONS: tuple[tuple[str, str, type[SettingsModel]], ...] = (
    ("[server]", "What `ecom-lake serve` answers in addition, and the limits of [SQL over HTTP](api.md#sql).", ServerSettings),
    ("[engine]", "What computes the SQL of gold; [gold on Spark](how-to-run-gold-on-spark.md).", EngineSettings),
    ("[shops.NAME.numbers]", "Thresholds that the SQL of tables reads.", ShopSettings),
    ("[shops.NAME.retention]", "How long delivered data stay; unset: for ever ([personal data](personal-data.md)).", Retention),
    ("[shops.NAME.mining]", "Settings of baskets, segments, models and experiments.", MiningSettings),
    ("[shops.NAME.database.tables]", "Each pulled table of [a shop in a database](databases.md#the-tables).", PulledTable),
)
_HEAD = """# Settings

`lake.toml` holds the settings, and its folder is the project folder. Every setting has a default; `ecom-lake doctor --settings`
shows those in force. [Which file is read, and when a build stops](operations.md#settings). A wrong value is refused with a
sentence, and the other shops are not affected.
"""


def page() -> str:
    parts = [_HEAD, "## The lake\n", "Above the first `[shops.NAME]`.\n", _table((name, *one) for name, one in LAKE.items())]
    parts += ["## [shops.NAME]\n", _table((name, *_shop(name)) for name in SHOP_SETTINGS)]
    for title, about, model in _SECTIONS:
        parts += [f"## {title}\n", f"{about}\n", _table(_fields(model))]
    return "\n".join(parts)


def _table(rows: Iterable[tuple[str, str, str, str]]) -> str:
    return table(["setting", "type and bounds", "default", "meaning"], ((code(row[0]), *row[1:]) for row in rows))


def _shop(name: str) -> tuple[str, str, str]:
    if name in _SHOP:
        return _SHOP[name]
    default = getattr(Shop, name, None)
    kinds = {int: "integer", float: "number", str: "text", tuple: "list of texts"}
    shown = "" if default in (None, "", ()) else code(str(default))
    return kinds.get(type(default), "text"), shown, prose(_documented(Shop).get(name, ""))


def _fields(model: type[SettingsModel]) -> Iterator[tuple[str, str, str, str]]:
    schema = model.model_json_schema()["properties"]
    documented = _documented(model)
    for name, one in schema.items():
        meaning = one.get("description") or documented.get(name, "")
        yield name, _type(one), _default(model.model_fields[name].default), prose(meaning)


def _default(value: Any) -> str:
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, int):
        return code(f"{value:_}")
    days = getattr(value, "days", None)
    return code(f"{days} day{'s' * (days != 1)}") if days else code(str(value))


def _type(schema: Mapping[str, Any]) -> str:
    options = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    numbers = [one for one in options if one.get("type") in ("number", "integer")]
    chosen = (numbers or options)[0]
    if values := chosen.get("enum"):
        return ", ".join(code(str(value)) for value in values)
    names = {"boolean": "true or false", "string": "text", "array": "list of texts"}
    name = {"date": "date", "duration": "time"}.get(
        chosen.get("format", ""), names.get(chosen.get("type", ""), chosen.get("type", ""))
    )
    return ", ".join([plain(name), *_bounds(chosen)])


def _bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    yield from (f"{word} {schema[key]:,.15g}" for key, word in words.items() if key in schema)


def _documented(model: type) -> Mapping[str, str]:
    """The texts below the fields of a class."""
    body = ast.parse(inspect.getsource(model)).body[0]
    found: dict[str, str] = {}
    if isinstance(body, ast.ClassDef):
        for field, text in zip(body.body, body.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
                found[field.target.id] = " ".join(str(ast.literal_eval(text.value)).split())
    return found
