"""Two tables of a small shop, and a fixture that reads bytes as a landed file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.file_parser import Parsed, parse

ORDERS = Delivered(
    name="orders",
    meaning="Orders.",
    required=("order_id", "customer_id", "status"),
    optional=("note",),
    file_names=("shop_orders", "orders"),
)
CUSTOMERS = Delivered(
    name="customers",
    meaning="Customers.",
    required=("customer_id", "city"),
    optional=("state",),
    file_names=("shop_customers",),
)
SHOP = (ORDERS, CUSTOMERS)


@dataclass(frozen=True)
class Read:
    parsed: Parsed
    columns: list[str]
    rows: list[tuple[Any, ...]]
    rejects: list[dict[str, Any]]
    bytes: bytes

    @property
    def reasons(self) -> list[str]:
        return [reject["reason"] for reject in self.rejects]

    @property
    def records(self) -> list[int]:
        return [row[-1] for row in self.rows]


Reading = Callable[..., Read]


@pytest.fixture(scope="session")
def read(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("landing")

    def reading(data: bytes, name: str = "orders.csv", delivered: Sequence[Delivered] = SHOP, block: int = 4 << 20) -> Read:
        landed, target, rejects = folder / "landed", folder / "rows.parquet", folder / "rejects.parquet"
        rejects.unlink(missing_ok=True)
        landed.write_bytes(data)
        parsed = parse(Member(name, landed), delivered, target, rejects, block)
        frame = pl.read_parquet(target)
        assert frame.height == parsed.rows
        assert rejects.exists() == bool(parsed.rejected)
        refused = pl.read_parquet(rejects).to_dicts() if parsed.rejected else []
        assert len(refused) == parsed.rejected
        return Read(parsed, frame.columns, frame.rows(), refused, target.read_bytes())

    return reading


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder
