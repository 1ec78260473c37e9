"""The inputs of the benchmarks: the real Olist shop, and the same shop N times over.

N times Olist keeps everything about the real files (dialect, quoting, line ends, oddities) and changes only the
customers: every copy has its own orders, persons and reviews, and the same products and sellers, which become N times as
popular. Ids keep their length and first character (Olist quotes an id that starts with a digit). Copy 0 is Olist.

    python benchmarks/inputs.py 10 FOLDER [--olist FOLDER]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
from pathlib import Path

import numpy as np

ID = rb'"?[0-9a-f]{32}"?'
IDS_TO_CHANGE = {
    "olist_orders_dataset.csv": rb"^%s,%s," % (ID, ID),
    "olist_customers_dataset.csv": rb"^%s,%s," % (ID, ID),
    "olist_order_reviews_dataset.csv": rb"^%s,%s," % (ID, ID),
    "olist_order_items_dataset.csv": rb"^%s," % ID,
    "olist_order_payments_dataset.csv": rb"^%s," % ID,
}
"""File → the start of a record, with the ids in it that are another one in every copy."""
SHARED = (
    "olist_products_dataset.csv",
    "olist_sellers_dataset.csv",
    "olist_geolocation_dataset.csv",
    "product_category_name_translation.csv",
)
MOST_COPIES = 16**4
HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def olist() -> Path | None:
    """The real files, where there are any: `ECOM_LAKE_OLIST`, or beside the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "olist"
    folder = Path(os.environ.get("ECOM_LAKE_OLIST") or beside)
    return folder if (folder / "olist_orders_dataset.csv").exists() else None


def replicate(source: Path, times: int, target: Path) -> None:
    """Write `times` times the Olist of `source` into `target`. The same call writes the same bytes."""
    if not 1 <= times <= MOST_COPIES:
        raise ValueError(f"Olist can be replicated 1 to {MOST_COPIES} times, not {times}.")
    target.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        shutil.copyfile(source / name, target / name)
    for name, record_start in IDS_TO_CHANGE.items():
        _copies(source / name, record_start, times, target / name)


def _copies(source: Path, record_start: bytes, times: int, target: Path) -> None:
    header, _, body = source.read_bytes().partition(b"\n")
    places = [
        found.start() + token.start()
        for found in re.finditer(record_start, body, re.MULTILINE)
        for token in re.finditer(rb"[0-9a-f]{32}", found.group())
    ]
    digits = np.array(places)[:, None] + np.arange(1, 5)
    copy = np.frombuffer(body, dtype=np.uint8).copy()
    number = _value(copy[digits])
    with target.open("wb") as out:
        out.write(header + b"\n")
        for k in range(times):
            shifted = (number + k) % MOST_COPIES
            for place in range(4):
                copy[digits[:, place]] = HEX[(shifted >> (12 - 4 * place)) & 15]
            out.write(copy.data)


def _value(digits: np.ndarray) -> np.ndarray:
    """The value of four hexadecimal digits."""
    each = np.where(digits >= ord("a"), digits - ord("a") + 10, digits - ord("0")).astype(np.int64)
    return np.asarray(each @ np.array([4096, 256, 16, 1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("times", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--olist", type=Path, default=olist())
    asked = parser.parse_args()
    if asked.olist is None:
        parser.error("the real Olist files are not here: set ECOM_LAKE_OLIST to the folder that holds them")
    replicate(asked.olist, asked.times, asked.folder)


if __name__ == "__main__":
    main()
