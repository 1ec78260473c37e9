"""Parameters that many addresses have."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from ecom_lake.publish.api.formats import Format

LARGEST = 999_999_999

OfFormat = Annotated[Format | None, Query(description="Default: by the Accept header, else json.")]
OfRelease = Annotated[int | None, Query(ge=1, le=LARGEST, description="The number of a release. Default: the latest one.")]
ShopName = Annotated[str, Path(description="The name of a shop.", max_length=40)]
TableName = Annotated[str, Path(description="The name of a gold table.", max_length=100)]
ReleaseNumber = Annotated[int, Path(ge=1, le=LARGEST, description="The number of a release.")]
