"""Hostile archives: truncated, damaged, nested, with paths as names, and archive bombs.

Most also contain valid files, to check that these are read although others of the archive are refused.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from random import Random

from ecom_lake_tests.fuzz import evil
from ecom_lake_tests.fuzz.export import Grid, as_csv
from ecom_lake_tests.fuzz.wild import Damaged

BOMB = 6 << 20
"""The unpacked size of a bomb in bytes; the fuzzer sets landing's limits below it."""
SHORT = 1_000
"""The bytes of valid content next to a bomb: with more, the compression ratio would be too low."""
SLIPS = (
    *evil.PATHS,
    "../" * 40 + "tmp/escaped",
    "/" * 50 + "escaped",
    "a/../../../b/x",
    "..",
    ".",
    "C:/x/../y",
    "\x1b[2Jx",
    "line\nend",
    "n" * 2_000,
    "x/" * 1_000 + "y",
)


def gzipped(dice: Random, grid: Grid) -> Damaged:
    how = dice.choice(_GZIP)
    return replace(how(dice, _sound(grid)), how=(how.__name__.strip("_"),))


def zipped(dice: Random, grid: Grid) -> Damaged:
    how = dice.choice(_ZIP)
    return replace(how(dice, _sound(grid)), how=(how.__name__.strip("_"),))


def _sound(grid: Grid) -> bytes:
    return as_csv(grid.header, grid.rows).encode()


def _pack(content: bytes) -> bytes:
    """Compresses without a timestamp, so that the same seed gives the same bytes."""
    return gzip.compress(content, mtime=0)


def _gz(dice: Random, content: bytes) -> Damaged:
    return Damaged(_pack(content), (), accepted=True)


def _gz_of_two(dice: Random, content: bytes) -> Damaged:
    middle = content.find(b"\n", len(content) // 2) + 1
    return Damaged(_pack(content[:middle]) + _pack(content[middle:]), (), accepted=True)


def _gz_of_two_files(dice: Random, content: bytes) -> Damaged:
    return Damaged(_pack(content) * 2, (), accepted=True)


def _gz_cut(dice: Random, content: bytes) -> Damaged:
    packed = _pack(content)
    return Damaged(packed[: dice.randrange(1, len(packed))], (), ("is damaged",))


def _gz_damaged(dice: Random, content: bytes) -> Damaged:
    packed = bytearray(_pack(content))
    packed[dice.randrange(10, len(packed))] ^= 1 << dice.randrange(8)
    return Damaged(bytes(packed), ())


def _gz_and_garbage(dice: Random, content: bytes) -> Damaged:
    return Damaged(_pack(content) + b"garbage" + dice.randbytes(9), (), ("is damaged",))


def _gz_that_is_none(dice: Random, content: bytes) -> Damaged:
    return Damaged(content, (), ("is damaged",))


def _gz_in_gz(dice: Random, content: bytes) -> Damaged:
    return Damaged(_pack(_pack(content)), (), ("a gzip file",))


def _gz_bomb(dice: Random, content: bytes) -> Damaged:
    return Damaged(_pack(content[:SHORT] + b"0" * BOMB), (), ("times its size",))


_GZIP: tuple[Callable[[Random, bytes], Damaged], ...] = (
    _gz,
    _gz_of_two,
    _gz_of_two_files,
    _gz_cut,
    _gz_damaged,
    _gz_and_garbage,
    _gz_that_is_none,
    _gz_in_gz,
    _gz_bomb,
)


def _zip(content: bytes, *more: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in (("a/sound.csv", content), *more):
            archive.writestr(zipfile.ZipInfo(name), body, method)
    return out.getvalue()


def _zip_whole(dice: Random, content: bytes) -> Damaged:
    return Damaged(_zip(content, method=dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))), (), accepted=True)


def _zip_by_other_ways(dice: Random, content: bytes) -> Damaged:
    method = dice.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    return Damaged(_zip(content, ("bomb.csv", b"0" * BOMB), method=method), (), ("is not supported",))


def _zip_slip(dice: Random, content: bytes) -> Damaged:
    slips = {f"{dice.choice(SLIPS)}{dice.choice(('', '.csv'))}": content + b"\n" * n for n in range(1, 6)}
    return Damaged(_zip(content, *slips.items()), (), accepted=True)


def _zip_cut(dice: Random, content: bytes) -> Damaged:
    packed = _zip(content)
    return Damaged(packed[: dice.randrange(len(packed) - 1)], (), ("not a complete zip",))


def _zip_damaged(dice: Random, content: bytes) -> Damaged:
    packed = bytearray(_zip(content, ("b.csv", content + b"\n")))
    for _ in range(dice.choice((1, 4, 40))):
        packed[dice.randrange(len(packed))] ^= 1 << dice.randrange(8)
    return Damaged(bytes(packed), ())


def _zip_in_zip(dice: Random, content: bytes) -> Damaged:
    return Damaged(_zip(content, ("inner.zip", _zip(content + b"\n"))), (), ("a zip archive",))


def _zip_of_everything(dice: Random, content: bytes) -> Damaged:
    others = [("empty.csv", b""), ("orders.csv", b"\n\n"), ("b.csv.gz", _pack(content)), ("x.bin", dice.randbytes(999))]
    return Damaged(_zip(content, *others, ("same.csv", content)), (), ("empty", "a gzip file"))


def _zip_of_many(dice: Random, content: bytes) -> Damaged:
    return Damaged(_zip(content, *((f"{n}.csv", b"%d" % n) for n in range(10_001))), (), ("files, and",))


def _zip_of_none(dice: Random, content: bytes) -> Damaged:
    return Damaged(b"PK\x05\x06" + b"\0" * 18, (), ("holds no files",))


def _zip_bomb(dice: Random, content: bytes) -> Damaged:
    return Damaged(_zip(content[:SHORT], ("bomb.csv", b"0" * BOMB)), (), ("times its size",))


def _zip_of_small_bombs(dice: Random, content: bytes) -> Damaged:
    """Each of them is below the limit; together they exceed it."""
    bombs = [(f"{n}.csv", b"%d" % n * (BOMB // 16)) for n in range(1, 40)]
    return Damaged(_zip(content[:SHORT], *bombs), (), ("unpacks to",))


def _zip_of_one_member_many_times(dice: Random, content: bytes) -> Damaged:
    """Many directory entries that share the bytes of one member."""
    packed = _zip(content)
    start = packed.index(b"PK\x01\x02")
    end = packed.index(b"PK\x05\x06")
    entry, times = packed[start:end], 50
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, times, times, len(entry) * times, start, 0)
    return Damaged(packed[:start] + entry * times + tail, ())


_ZIP: tuple[Callable[[Random, bytes], Damaged], ...] = (
    _zip_whole,
    _zip_by_other_ways,
    _zip_slip,
    _zip_cut,
    _zip_damaged,
    _zip_in_zip,
    _zip_of_everything,
    _zip_of_many,
    _zip_of_none,
    _zip_bomb,
    _zip_of_small_bombs,
    _zip_of_one_member_many_times,
)
