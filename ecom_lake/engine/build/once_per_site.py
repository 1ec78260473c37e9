"""Results that depend on nothing but the site and plain arguments: computed once, and kept as long as the site."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from ecom_lake.engine.build.shop_context import Site

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def once_per_site(compute: Callable[Concatenate[Site, Arguments], Result]) -> Callable[Concatenate[Site, Arguments], Result]:
    """Every step of a run asks which tables the shop gets and how they are defined; the answer cannot change meanwhile."""

    @wraps(compute)
    def remembered(site: Site, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        key = (compute, *arguments, *named.items())
        if key not in site.remembered:
            site.remembered[key] = compute(site, *arguments, **named)
        result: Result = site.remembered[key]
        return result

    return remembered
