"""A contract as a class: what its author may not call a column."""

from __future__ import annotations

import pytest

from ecom_lake.contracts.columns import Text
from ecom_lake.contracts.table import Gold


@pytest.mark.parametrize("name", ["rules", "identities", "needs", "table"])
def test_a_column_does_not_take_the_name_of_what_a_contract_says_of_itself(name: str) -> None:
    with pytest.raises(TypeError, match=f"Thing has a column called {name}"):
        type("Thing", (Gold,), {name: Text("Something."), "__doc__": "One row per thing."}, group="kpis")
