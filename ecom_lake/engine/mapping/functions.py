"""The functions that a cell may call, and the helpers of the map language as macros (decision 0037).

A list of what is allowed: a function that DuckDB adds tomorrow is refused until somebody has read what it does.
Not here: how a cell is checked (cells.py), the helpers that look at a group of records (groups.py), dates (dates.py).
"""

from __future__ import annotations

_TEXTS = (
    "|| lower upper trim ltrim rtrim left right substr substring length reverse translate concat concat_ws contains starts_with "
    "prefix ends_with suffix strpos position instr replace regexp_replace regexp_extract regexp_matches regexp_full_match "
    "split_part lpad rpad ~~ !~~ ~~* !~~* strip_accents ascii chr"
)
_NUMBERS = "+ - * % // mod abs sign round floor ceil ceiling trunc greatest least"
_TIMES = (
    "date_trunc date_part date_diff datediff year month hour strftime last_day try_strptime "
    "to_years to_months to_weeks to_days to_hours to_minutes to_seconds"
)
SCALAR = frozenset(f"{_TEXTS} {_NUMBERS} {_TIMES} nullif ifnull if case".split())
PATTERNS = frozenset(["regexp_replace", "regexp_extract", "regexp_matches", "regexp_full_match"])
"""Functions whose second argument is a regular expression."""
AGGREGATES = frozenset(["sum", "min", "max", "count", "count_star", "first", "last", "bool_and", "bool_or"])
"""Functions over the records of a group that becomes one row."""
STATISTICS = AGGREGATES - {"first", "last"} | {"avg", "mean", "median", "quantile_cont", "quantile_disc", "arg_min", "arg_max"}
"""Functions over the rows of a group in the query of a lookup; none whose result depends on the order of the rows."""
WINDOWS = STATISTICS | {"row_number", "rank", "dense_rank", "lag", "lead", "first_value", "last_value"}
"""Functions with OVER in the query of a lookup."""
TYPES = frozenset(["VARCHAR", "INTEGER", "BIGINT", "SMALLINT", "DECIMAL", "DATE", "TIMESTAMP", "BOOLEAN", "INTERVAL", "DOUBLE"])
"""Types that a value may be cast to. DuckDB itself casts to DOUBLE in an INTERVAL; cells.py refuses the cast of an author."""

ROW_HELPERS = dict.fromkeys(("num", "local", "flag", "hashed", "demojibake"), (1, 1)) | {"per": (2, 2), "day": (1, 2)}
"""Helpers that look at one record: how many arguments each takes, at least and at most."""
GROUP_HELPERS = {"nth": (0, 0), "of": (1, 1), "total": (1, 1), "share": (2, 2)}
"""Helpers that look from a record at its group."""
READERS = frozenset(["num", "day", "local", "flag"])
"""Helpers that parse a text: where one of them cannot, the text itself is handed on, and the contract refuses the row."""
WORDS = "words."
"""The prefix of a call of a value map: words.NAME(x)."""

NUMBERS = {None: "num", ".": "num_point", ",": "num_comma"}
"""The macro of num() by the kind's sign before the decimals."""

WHITE_SPACE = " \t\r\n\u00a0\ufeff"

_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_BYTES = "".join(bytes([byte]).decode("latin-1") for byte in range(0x80, 0xA0) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D))
_ZONE = r"(?:Z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?)$"
_PLAIN_TIME = r"\s*[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}(?:[ T]+[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]*)?)?)?\s*"
"""A date, or a date and time. DuckDB's cast reads more: it ignores PM, EST and any other word after the time."""
_NUMBER = "try_cast({} as decimal(19,6))"
_SPACED = r"regexp_replace(x::varchar, '[\s\x{00a0}\x{202f}'']|[A-Z]{0,2}\p{Sc}', '', 'g')"
"""A number without spaces, apostrophes and signs of currencies."""


def _number(text: str, group: str, point: str) -> str:
    """A number whose thousands may be separated by one sign, and whose decimals follow another."""
    digits = rf"^[+-]?(?:[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+)?(?:{point}[0-9]*)?$"
    plain = f"replace(regexp_replace({text}, '{group}', '', 'g'), '{point[-1]}', '.')"
    return f"case when regexp_matches({text}, '{digits}') then {_NUMBER.format(plain)} end"


_WITH_POINT = _number(_SPACED, ",", r"\.")
_WITH_COMMA = _number(_SPACED, r"\.", ",")
_BOTH = rf"case when regexp_matches({_SPACED}, ',[0-9]{{3}}$') and not contains(x::varchar, '.') then null " + (
    rf"when regexp_matches({_SPACED}, ',[0-9]*$') then {_WITH_COMMA} else {_WITH_POINT} end"
)

MACROS = {
    # A number with a point is read at once; the other spellings are tried where that fails.
    "num(x)": f"coalesce({_NUMBER.format('x')}, {_BOTH})",
    "num_point(x)": f"coalesce({_NUMBER.format('x')}, {_WITH_POINT})",
    "num_comma(x)": f"case when contains(x::varchar, '.') or contains(x::varchar, ',') then {_WITH_COMMA} "
    f"else coalesce({_NUMBER.format('x')}, {_WITH_COMMA}) end",
    # In whole units of 0.00000001, so that nothing is rounded twice; halves are rounded away from zero.
    "units(x)": "(x::decimal(38,8) * 100000000)::hugeint",
    "per(a, b)": "(((case when (units(a) < 0) = (units(b) < 0) then 1 else -1 end)"
    " * ((2 * abs(units(a)) * 100000000 + abs(units(b))) // nullif(2 * abs(units(b)), 0)))::decimal(38,0)"
    " * 0.00000001::decimal(8,8))",
    "flag(x)": "case when lower(x::varchar) in ('true', 't', 'yes', 'y', '1') then true "
    "when lower(x::varchar) in ('false', 'f', 'no', 'n', '0') then false end",
    "has_zone(x)": f"regexp_matches(x::varchar, '[0-9] ?{_ZONE}') and length(x::varchar) > 10",
    "plain_time(x)": f"case when regexp_full_match(x::varchar, '{_PLAIN_TIME}') then try_cast(x as timestamp) end",
    "instant(x)": "try_cast(regexp_replace(regexp_replace(x::varchar, ' ?(?:Z|UTC|GMT)$', '+00:00'),"
    r" ' ?([+-][0-9]{2}):?([0-9]{2})$', '\1:\2') as timestamptz)",
    "local(x)": "case when has_zone(x) then timezone(getvariable('shop_zone'), instant(x)) else plain_time(x) end",
    # HMAC-SHA-256: the two blocks of the key are variables of the connection, so that no query contains the key.
    "hashed(x)": "left(sha256(getvariable('outer_key') || unhex(sha256(getvariable('inner_key') || encode(x::varchar)))), 32)",
    "bytes_of(x)": "decode(unhex(array_to_string(list_transform(string_split(x, ''), lambda c: format('{:02x}', ord(c))), '')))",
    "demojibake(x)": r"case when regexp_matches(x, '[\x{c2}-\x{f4}]') and regexp_full_match({0}, '[\x{00}-\x{ff}]*')"
    " then coalesce(try(bytes_of({0})), x) else x end",
}
MACROS["demojibake(x)"] = MACROS["demojibake(x)"].replace("{0}", f"translate(x, '{_CP1252}', '{_BYTES}')")
