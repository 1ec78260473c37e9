"""All models in one table each: what the `…_fit` tables say, with the name of the model beside it."""

from __future__ import annotations

from ecom_lake.engine.contracts import registry as catalog


def all_fits() -> str:
    """A query for the rows of every model, which is called after its fit."""
    each = (f"select '{fit.removesuffix('_fit')}' as model, * from {fit}" for fit in catalog.fits())
    return f"({' union all '.join(each)})"
