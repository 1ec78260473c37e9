"""JSON as the project's files have it, and the published schemas that they name.

The versions are older than the newest ones on purpose: more builds of Power BI Desktop accept them.
"""

from __future__ import annotations

import json
from typing import Any, Literal

_BASE = "https://developer.microsoft.com/json-schemas/fabric"
_SCHEMAS = {
    "shortcut": "pbip/pbipProperties/1.0.0",
    "platform": "gitIntegration/platformProperties/2.0.0",
    "model": "item/semanticModel/definitionProperties/1.0.0",
    "report_item": "item/report/definitionProperties/2.0.0",
    "version": "item/report/definition/versionMetadata/1.0.0",
    "report": "item/report/definition/report/3.0.0",
    "pages": "item/report/definition/pagesMetadata/1.0.0",
    "page": "item/report/definition/page/2.0.0",
    "visual": "item/report/definition/visualContainer/2.4.0",
}
FileKind = Literal["shortcut", "platform", "model", "report_item", "version", "report", "pages", "page", "visual"]


def schema(kind: FileKind) -> str:
    return f"{_BASE}/{_SCHEMAS[kind]}/schema.json"


def json_text(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
