"""Cleaning of Olist's texts: trimmed texts, zips, and one spelling for each city.

Here: spelling rules, each for an irregularity of the real data. They use no list of places: a misspelt name
(`portoferreira`) stays unchanged. Not here: which of several addresses is used (people.py, places.py).
"""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote

import polars as pl

from ecom_lake.shop.connectors.shaping import text

COUNTRY = "BR"
REGIONS = {
    "Norte": ("AC", "AM", "AP", "PA", "RO", "RR", "TO"),
    "Nordeste": ("AL", "BA", "CE", "MA", "PB", "PE", "PI", "RN", "SE"),
    "Centro-Oeste": ("DF", "GO", "MS", "MT"),
    "Sudeste": ("ES", "MG", "RJ", "SP"),
    "Sul": ("PR", "RS", "SC"),
}
STATE_REGIONS = {state: region for region, states in REGIONS.items() for state in states}

_ABBREVIATIONS = {"bh": "belo horizonte", "sbc": "sao bernardo do campo"}
_NO_CITY = {"cidade", *(state.lower() for state in STATE_REGIONS)}
_LONGEST_CITY = 100
"""Maximum length of a city's name, in characters. Unicode normalization of some longer texts takes extremely long."""
_APOSTROPHES = str.maketrans("´`‘’", "''''")


def zip_prefix(column: str) -> pl.Expr:
    """Five digits: leading zeros that a spreadsheet removed are restored."""
    trimmed = text(column)
    return pl.when(trimmed.str.contains("^[0-9]{1,4}$")).then(trimmed.str.zfill(5)).otherwise(trimmed)


def state_code(column: str) -> pl.Expr:
    return text(column).str.to_uppercase()


def with_address(rows: pl.DataFrame, of: str) -> pl.DataFrame:
    """The rows with zip, city, state, region and country of their `<of>_zip_code_prefix`, `<of>_city` and `<of>_state`."""
    located = rows.with_columns(zip=zip_prefix(f"{of}_zip_code_prefix"), city=f"{of}_city", state=state_code(f"{of}_state"))
    region = pl.col("state").replace_strict(STATE_REGIONS, default=None, return_dtype=pl.String)
    return with_clean_city(located).with_columns(region=region, country=pl.lit(COUNTRY))


def with_clean_city(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with cleaned `city`. Each distinct pair of city and state is cleaned once."""
    spellings = rows.select("city", "state").unique()
    cleaned = [clean_city(city, state) for city, state in spellings.iter_rows()]
    known = spellings.with_columns(pl.Series("_cleaned", cleaned, pl.String))
    joined = rows.join(known, on=["city", "state"], how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(city="_cleaned").drop("_cleaned")


def clean_city(raw: str | None, state: str | None) -> str | None:
    """Lower case, no accents, no hyphens, one space between words; null if the text names no city."""
    if raw is None or "@" in raw or len(raw) > _LONGEST_CITY:
        return None
    name = html.unescape(unquote(raw)).lower().translate(_APOSTROPHES)
    name = _without_accents(_with_restored_letters(name))
    name = _the_city_alone(name)
    name = re.sub(r"[^a-z0-9']+", " ", name).strip(" '")
    name = re.sub(r"\bd[' ]+(?=[aeiou])", "d'", name)  # herval d oeste, herval d' oeste
    if state and name.endswith(f" {state.lower()}"):  # sao paulo sp; but sento se is in Bahia
        name = name[: -len(state) - 1]
    if name in _NO_CITY or not re.search("[a-z]", name):
        return None
    return _ABBREVIATIONS.get(name, name)


def _with_restored_letters(name: str) -> str:
    """`sa£o` and `maceia³`: the two UTF-8 bytes of an accented letter, read as Latin-1, where the first lost its accent."""
    return re.sub("[aã]([¡¢£§©ª³µº\u00ad])", lambda pair: bytes([0xC3, ord(pair[1])]).decode(), name)


def _without_accents(name: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))


def _the_city_alone(name: str) -> str:
    """The city without additions: `penedo (itatiaia)` is a district and its city; other texts are a city and its state."""
    if in_brackets := re.search(r"\(([^()]+)\)", name):
        return in_brackets[1]
    parts = [part for part in re.split(r"[,/\\]|\s-\s", name) if part.strip()]
    return parts[0] if parts else ""
