"""Hostile values: dates, numbers, keys and names that no shop would write.

The lists of values that a column must refuse contain only texts that are not a date or a number.
"""

from __future__ import annotations

NO_DATES = (
    "0000-00-00 00:00:00",
    "0000-01-01 00:00:00",
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59",
    "10000-01-01 00:00:00",
    "-2017-01-10 10:00:00",
    "2017-02-29 10:00:00",
    "2017-13-01 10:00:00",
    "2017-01-32 10:00:00",
    "2017-01-10 24:00:00",
    "2017-01-10 23:59:60",
    "2017-01-10 10:00:00Z",
    "2017-01-10T10:00:00+99:00",
    "2017-01-10 10:00:00 BC",
    "10/01/2017 10:00",
    "20170110",
    "1484042400",
    "1e10",
    "NaT",
    "NaN",
    "-0",
    "null",
    "２０１７-01-10 10:00:00",
    "٢٠١٧-٠١-١٠ ١٠:٠٠:٠٠",
    "=TODAY()",
    "2017-01-10\x0010:00:00",
    "9" * 400,
    "now",
)
OTHER_TIMES = ("1970-01-01 00:00:00", "1999-12-31 23:59:59", "2016-12-31 23:59:59", "2017-03-01 00:00:00", "2100-12-31 23:59:59")
"""Valid times outside of the shop's months."""
NO_NUMBERS = (
    "NaN",
    "nan",
    "inf",
    "-inf",
    "+Infinity",
    "1e309",
    "-1e999",
    "1,234,567",
    "1.234,56",
    "R$ 10",
    "0x1F",
    "1_000",
    "１２",
    "١٢",
    "²",
    "1 2",
    "--1",
    "1.2.3",
    "1e",
    ".",
    "-",
    "=1+1",
    "+1+1",
    "@SUM(1)",
    "true",
    "\x00",
    "1\x002",
    "9" * 400 + "x",
)
TOO_GREAT = ("9" * 40, "123456789012345678901234567890", "-" + "9" * 40)
"""Numbers that are too large for an amount or a count."""
TOO_MUCH = ("99999999999999.99", "999999999999", "1000000000.01")
"""Valid amounts above the maximum of a single payment."""
GREAT = (
    *TOO_MUCH,
    "9999999999999999.99",
    "9223372036854775807",
    "-9223372036854775808",
    "4611686018427387904",
    "2147483648",
    "1e308",
    "-1e308",
    "1e-320",
    "1e18",
)
"""Numbers that fit into a column, although their sum may not."""
BLANKS = ("", " ", "\t", "\u00a0", "\u2003\u2003", " \t ")
FORMULAS = (
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1",
    "-2+3+cmd|' /C calc'!A0",
    '=HYPERLINK("http://127.0.0.1/x?"&A1,"click")',
    '=IMPORTXML(CONCAT("http://127.0.0.1/",A1),"//a")',
    "\t=1+1",
    "%0A=1+1",
)
PATHS = (
    "../../../../etc/passwd",
    "..\\..\\..\\windows\\system32\\drivers\\etc\\hosts",
    "/etc/cron.d/escaped",
    "C:\\autoexec.bat",
    "file:///etc/passwd",
    "~/escaped",
    "$HOME/escaped",
    "$(touch escaped)",
    "`touch escaped`",
    "; rm -rf escaped",
    "%2e%2e%2fescaped",
    "month=2017-01",
    "a/b\\c:d*e?f<g>h|i",
    "CON",
    "*.parquet",
    "[a-z]",
    "{0}",
    "%s%n",
)
STRANGE = (
    "'; drop table orders; --",
    'a"b',
    '""',
    '"',
    "''",
    "a,b;c\td|e",
    "two\nlines",
    "two\r\nlines",
    "null",
    "None",
    "NULL",
    "\\N",
    "\\",
    "\\u0000",
    "0",
    "-0",
    "x\x00y",
    "x\x01\x02\x1b[2J\x7fy",
    "x\u202egnp.exe",
    "x\u2028y\u2029z",
    "x\ufeffy",
    "x\ufffd\uffffy",
    "🛒" * 20,
    "e\u0301\u0327" * 20,
    "ﷺ" * 30,
    "İıſK",
    "&#99999;&amp;&lt;script&gt;",
    "$.order_id",
    '{"order_id":"x"}',
    "{{7*7}}",
    "<script>alert(1)</script>",
    "a" * 5_000,
)
KEYS = FORMULAS + PATHS + STRANGE
EVIL = NO_DATES + OTHER_TIMES + NO_NUMBERS + TOO_GREAT + 3 * GREAT + BLANKS + KEYS
HEAVY = (
    "&#" + "9" * 5_000 + ";",
    "e" + "\u0301\u0327" * 40_000,
    "(" * 60_000,
    "a" * 2_000_000,
    "%" * 60_000,
    "d'" * 60_000,
    "\n" * 60_000,
    '"' * 60_000,
    "[" * 60_000,
    "9" * 100_000,
    "{" * 60_000,
)
"""Fields that are very long, or slow to parse for a naive reader."""
HUGE = 17 << 20
"""The number of characters of a field that exceeds the maximum length of a record."""
