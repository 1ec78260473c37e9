"""A header in snake case: `Lineitem quantity` becomes `lineitem_quantity`, and `Müşteri No` becomes `musteri_no`.

The name can be written in a SQL expression without quotes. Not here: which column a header is (table_recognition.py).
"""

from __future__ import annotations

import re

from ecom_lake.plain_letters import plain_letters

_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(header: str) -> str:
    """Empty for a header without letters and digits."""
    return re.sub(r"[\W_]+", "_", plain_letters(_BETWEEN_WORDS.sub("_", header.strip()))).strip("_")
