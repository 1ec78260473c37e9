"""The canonical files as a page: what a shop without a connector exports, column by column, in the words of the contracts."""

from __future__ import annotations

from collections.abc import Iterator

from ecom_lake.engine.contracts.columns import FLAG, Column
from ecom_lake.shop.connectors.canonical.files import FILES, CanonicalFile

_HEAD = """# The canonical files

Generated from the contracts by `make snapshot`; edit those.

A shop needs no connector of its own if it can export CSV files with the columns below: `connector = "canonical"` in
`lake.toml`. Only `orders` must come; `order_items` brings the money, and every other file its own tables. Columns may stand in
any order and in any case, further ones are kept in bronze, and every file may come once or every night: the latest good
version of a row counts. A column in **bold** is required: a file without it is refused.

| type | how it is written |
|---|---|
| text | as it is; white space around it does not count, and an empty field is NULL |
| integer, number | `3`, `0.5`; a decimal comma before one or two digits is understood, thousands' signs are not |
| money, price | like a number; rounded half away from zero to 2 decimals (money) or 4 (price) |
| flag | `true`, `t`, `yes`, `y`, `1`; `false`, `f`, `no`, `n`, `0`; in any case |
| timestamp | `2017-10-02 10:56:33`, to the minute or the day too, in the shop's own time |

**A time with a zone or an offset** (`2017-10-02T10:56:33Z`, `2017-10-02 10:56:33+03:00`, `+0300`, ` UTC`) is converted to the
shop's `timezone`, a name such as `Europe/Istanbul` in `lake.toml`, UTC where none is set. The tables hold times without a zone.

**What a shop does not have** it says in `lake.toml`. Tables that need it are then not built, and `ecom-lake tables` and the
Dagster UI say why; `ecom-lake doctor` says where a column is empty though the shop does not say so, or filled though it does.

```toml
[shops.mine]
connector = "canonical"
first_month = "2024-01"
without = ["reviews", "places", "customers.age", "products.unit_cost"]
```

**A shop without order dates** (a survey, say) is `without = ["orders.ordered_at"]`. Its `orders.csv` needs no `ordered_at`, its
months are one part called `undated`, dates of orders are NULL, and the tables over time are not built. A shop that has dates
has them throughout: there, an order without one is refused.

A made-up shop in these files, with everything that they can hold: `ecom-lake synth FOLDER --full`.

**Status** is written in any case, with spaces, hyphens or underscores: created, approved, processing, invoiced, shipped, in
transit, delivered, returned, canceled (cancelled), unavailable; any other word is `unknown`. Canceled and unavailable orders
are no sales, whatever `is_valid` says. An order of any other word counts as a sale, unless `is_valid` is false: the build warns
of it and lists the words with their orders and net sales. The source's own word is kept in `source_status`.

**Gross sales** are worked out: `unit_price` times `quantity`, rounded half away from zero to the cent; `discount` is the amount
taken off the whole line. **The address of an order** is its own. Where its row names no city, state or zip, its customer's
address completes it, unless that lies in another region or country. A person without an address has that of their latest order.
"""


def canonical_page() -> str:
    return "\n".join([_HEAD, *(line for file in FILES for line in _file(file))])


def _file(file: CanonicalFile) -> Iterator[str]:
    yield f"## {file.contract.name}.csv\n"
    yield f"{file.meaning}\n"
    yield "| column | type | meaning | if empty |\n|---|---|---|---|"
    for name in file.delivered.columns:
        column = file.contract.columns.get(name) or Column(FLAG, file.more[name])
        bold = "**" if name in file.required else ""
        yield f"| {bold}{name}{bold} | {column.kind.name} | {column.meaning} | {_if_empty(file, name, column)} |"
    yield ""


def _if_empty(file: CanonicalFile, name: str, column: Column) -> str:
    if name in file.required:
        return "NULL" if column.nullable else "the row is refused"
    return f"`{file.defaults[name]}`" if name in file.defaults else "NULL" if name in file.contract.columns else "no"
