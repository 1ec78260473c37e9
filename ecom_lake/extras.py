"""The optional parts of the package: what each of them imports, and what to do where one is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from ecom_lake.errors import UsageError

MODULES = {
    "apprise": ("apprise",),
    "azure": ("adlfs",),
    "databases": ("psycopg", "pymysql"),
    "delta": ("deltalake",),
    "mcp": ("mcp",),
    "models": ("sklearn", "statsmodels", "threadpoolctl"),
    "postgres": ("dagster_postgres",),
    "prophet": ("prophet",),
    "spark": ("pyspark", "sqlglot"),
    "web": ("fastapi", "xlsxwriter"),
}
"""One module for each distribution of an extra in pyproject.toml that the code, or dagster.yaml, imports directly."""


def why_missing(extra: str, what: str = "It") -> str | None:
    """The sentence for something that needs an extra which is not installed; None where it is installed."""
    if all(map(find_spec, MODULES[extra])):
        return None
    return f"{what} needs ecom-lake[{extra}], which is not installed here: run `pip install 'ecom-lake[{extra}]'`."


def require(extra: str, what: str) -> None:
    if why := why_missing(extra, what):
        raise UsageError(why)
