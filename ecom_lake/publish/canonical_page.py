"""The canonical files as a Markdown page, generated from the contracts: what a shop without a connector exports."""

from __future__ import annotations

from collections.abc import Iterator

from ecom_lake.engine.contracts.columns import FLAG, Column
from ecom_lake.shop.exports.canonical import FILES, CanonicalFile

_HEAD = """# The canonical files

Generated from the contracts by `make snapshot`; edit the contracts.

A shop needs no connector of its own if it exports CSV files with the columns below: `connector = "canonical"` in `lake.toml`.
Only `orders` is required; `order_items` adds the money, and every other file adds its own tables. Columns may be in any order
and any case, additional ones are kept in bronze, and every file may be delivered once or every night: the latest good version
of a row counts. A column in **bold** is required: a file without it is refused.

| type | format |
|---|---|
| text | surrounding white space is ignored, and an empty field is NULL |
| integer, number | `3`, `0.5`; a decimal comma before one or two digits is accepted, thousands separators are not |
| money, price | like a number; rounded half away from zero to 2 decimals (money) or 4 (price) |
| flag | `true`, `t`, `yes`, `y`, `1`; `false`, `f`, `no`, `n`, `0`; in any case |
| timestamp | `2017-10-02 10:56:33`, also without seconds or time, in the local time of the shop |

**A time with a zone or an offset** (`2017-10-02T10:56:33Z`, `2017-10-02 10:56:33+03:00`, `+0300`, ` UTC`) is converted to the
shop's `timezone`, a name such as `Europe/Istanbul` in `lake.toml`, UTC if none is set. The tables contain times without a zone.

**Missing data** is declared in `lake.toml`. Tables that need it are then not built, and `ecom-lake tables` and the Dagster UI
show the reason; `ecom-lake doctor` reports an empty column that is not declared, and a declared one that is filled.

```toml
[shops.mine]
connector = "canonical"
first_month = "2024-01"
without = ["reviews", "places", "customers.age", "products.unit_cost"]
```

**A shop without order dates** (such as a survey) has `without = ["orders.ordered_at"]`. Its `orders.csv` needs no `ordered_at`,
its only part is called `undated`, order dates are NULL, and tables over time are not built. In a shop with dates, an order
without a date is refused.

A demo shop with everything that these files can contain: `ecom-lake synth FOLDER --full`.

**Status** is written in any case, with spaces, hyphens or underscores: created, approved, processing, invoiced, shipped, in
transit, delivered, returned, canceled (cancelled), unavailable; any other value is `unknown`. Canceled and unavailable orders
are not sales, whatever `is_valid` is. An order with an unknown status counts as a sale, unless `is_valid` is false: the build
prints a warning with these values, their orders and net sales. The original value is kept in `source_status`.

**The status of a payment** is paid, pending, failed or unknown, in any case; a row with another word is refused. Paid payments
and those with an unknown status are payments. Pending and failed payments are counted apart. **A refund** is money given back for
an order, freight and tax included, by its own date; it may arrive before its order. Net sales stay those of the order's month;
`net_sales_after_refunds` is less by the refunds of the period. A shop without `refunds.csv` has NULL, not 0.

**One currency per shop.** A shop states it as `currency_code = "EUR"` in `[shops.mine.numbers]`; an order with another `currency`
is then refused. Without the setting, orders in different currencies block the release.

**Gross sales** are computed: `unit_price` times `quantity`, rounded half away from zero to the cent; `discount` is the amount
for the whole line. **The address of an order** is its own. A missing city, state or zip is filled from the address of the
customer, unless that is in another region or country. **The address of a customer** is that of the latest order that has one; the
address of `customers.csv` counts where no order has one.
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
