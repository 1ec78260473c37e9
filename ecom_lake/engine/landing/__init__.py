"""From one landed file to bronze Parquet: unpack it, say which table it is, read every record or say why not.

Not here: where bronze lies and what has come before (lake/), or what the fields mean (connectors/).
"""

from __future__ import annotations

from ecom_lake.engine.landing.bronze import Parsed, parse
from ecom_lake.engine.landing.members import Member, content_hash, unpack
from ecom_lake.engine.landing.recognise import named_after
from ecom_lake.engine.landing.refused import Refused, shown

__all__ = ["Member", "Parsed", "Refused", "content_hash", "named_after", "parse", "shown", "unpack"]
