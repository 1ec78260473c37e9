"""From one landed file to bronze Parquet: unpack it, recognise its table, read every record or reject it with a reason.

Not here: where bronze lies and which files are new (engine/build/bronze/), what the fields mean (shop/connectors/).
"""

from __future__ import annotations

from ecom_lake.engine.landing.archives import Member, content_hash, unpack
from ecom_lake.engine.landing.file_parser import Parsed, parse
from ecom_lake.engine.landing.refused import Refused, shown
from ecom_lake.engine.landing.table_recognition import named_after

__all__ = ["Member", "Parsed", "Refused", "content_hash", "named_after", "parse", "shown", "unpack"]
