"""The DuckDB connection that maps run on: it opens no file, loads no extension, and its settings are final.

Here: the locks, the limits of memory and time, the helpers as macros, and the pseudonym key as two variables.
Not here: which expressions are allowed (cells.py): each of the two locks suffices alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import duckdb

from ecom_lake.engine.duckdb_engine import engine, literal
from ecom_lake.engine.mapping.functions import MACROS
from ecom_lake.errors import UserError, was_interrupted

MEMORY = "2GB"
SPILL = "10GB"
SECONDS = 600.0
"""The limits of one query of a map. A query takes seconds for a million rows; only a wrong lookup takes minutes."""
_LOCKS = (
    f"set max_temp_directory_size = {literal(SPILL)}",
    "set preserve_insertion_order = true",
    "set python_enable_replacements = false",
    "set secret_directory = ''",
    "set allow_persistent_secrets = false",
    "set enable_external_access = false",
    "set lock_configuration = true",
)
_BLOCK = 64
"""Bytes of one block of SHA-256."""


@contextmanager
def locked_engine(
    timezone: str = "UTC", pseudonym_key: bytes = b"", memory: str = MEMORY, threads: int = 2
) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory(prefix="ecom-lake-map-") as scratch, engine(Path(scratch), memory, threads) as con:
        for head, body in MACROS.items():
            con.execute(f"create macro {head} as {body}")
        con.execute("set variable shop_zone = $1", [timezone])
        inner, outer = _blocks(pseudonym_key)
        con.execute("set variable inner_key = $1", [inner])
        con.execute("set variable outer_key = $1", [outer])
        con.execute(f"set timezone = {literal('UTC')}")
        for lock in _LOCKS:
            con.execute(lock)
        yield con


@contextmanager
def limited(con: duckdb.DuckDBPyConnection, what: str, seconds: float = SECONDS) -> Iterator[None]:
    """Interrupt a query at its time limit, and turn the limits into sentences. `what` names the part of the map that runs."""
    is_over = False

    def interrupt() -> None:
        nonlocal is_over
        is_over = True
        con.interrupt()

    clock = Timer(seconds, interrupt)
    clock.daemon = True
    clock.start()
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise UserError(f"{what} needs more than {MEMORY} of memory: make its cells or lookups simpler.") from None
    except Exception as error:
        if is_over and was_interrupted(error):
            raise UserError(f"{what} took longer than {seconds:,g} seconds: make its cells or lookups simpler.") from None
        raise
    finally:
        clock.cancel()
        clock.join()


def _blocks(key: bytes) -> tuple[bytes, bytes]:
    """The two blocks that HMAC puts before a message and before its hash."""
    import hashlib

    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
