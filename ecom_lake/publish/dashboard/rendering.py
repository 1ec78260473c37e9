"""Templates to HTML, with every value escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecom_lake.publish.pages.incomplete import LEGEND
from ecom_lake.publish.pages.rendering import FILTERS, printable

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    return environment().get_template(template).render(**values)


@cache
def environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    jinja = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(_TEMPLATES),
        bytecode_cache=_compiled_templates(),
    )
    jinja.globals["incomplete_legend"] = LEGEND
    jinja.filters |= FILTERS | {"printable": printable}
    return jinja


def _compiled_templates() -> BytecodeCache | None:
    """Compiled templates in a folder of the system's temporary one that only this user can read: the first page comes sooner."""
    from jinja2 import FileSystemBytecodeCache

    try:
        return FileSystemBytecodeCache()
    except (OSError, RuntimeError):  # no folder that is this user's alone
        return None
