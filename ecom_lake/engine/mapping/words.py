"""Word lists as two macros of a connection: the word for a value, and whether the list has the value."""

from __future__ import annotations

from collections.abc import Iterator

from ecom_lake.engine.duckdb_engine import literal
from ecom_lake.engine.mapping.definitions import Words


def word_macros(words: Words) -> Iterator[str]:
    """Upper and lower case are the same. An empty word means that there is no value."""
    otherwise = "null::varchar" if words.otherwise == "null" else "x::varchar"
    cases = [f"when lower({literal(value)}) then {literal(word) if word else 'null'}" for value, word in words.values.items()]
    values = ", ".join(f"lower({literal(value)})" for value in words.values)
    word = f"case lower(x) {' '.join(cases)} else {otherwise} end" if cases else otherwise
    is_listed = f"lower(x) in ({values})" if values else "x is null"
    yield f"create or replace temp macro words_{words.name}(x) as {word}"
    yield f"create or replace temp macro listed_{words.name}(x) as {is_listed}"


def unlisted_value(words: str, text: str) -> str:
    """A text if a word list does not have it, else NULL."""
    return f"case when not listed_{words}({text}) then {text}::varchar end"
