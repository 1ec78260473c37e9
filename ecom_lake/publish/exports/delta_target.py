"""Where Delta tables are written: a folder, or a container of Azure Blob, with the credentials of the lake's environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecom_lake.engine.store.access import Access
from ecom_lake.errors import UsageError


@dataclass(frozen=True)
class DeltaTarget:
    url: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The credentials, in the words of the library that writes."""


def delta_target(target: str, access: Access) -> DeltaTarget:
    if "://" not in target:
        folder = Path(target).absolute()
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file: name a folder for the Delta tables.")
        return DeltaTarget(str(folder))
    from ecom_lake.engine.store.azure.container import place_of

    place = place_of(target)
    given = {**_of_connection_string(access.connection_string.reveal()), **_given(access)}
    account = place.account or given.get("account_name", "")
    if not account:
        raise UsageError(
            "No storage account is named: set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME, or write "
            "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX."
        )
    is_theirs = account == given.get("account_name", account)
    options = {**(given if is_theirs else {}), "account_name": account}
    if not options.keys() & {"account_key", "sas_key"}:
        options["use_azure_cli"] = "true"
    return DeltaTarget(f"az://{place.container}/{place.prefix}".rstrip("/"), options)


def _given(access: Access) -> dict[str, str]:
    found = {
        "account_name": access.account,
        "account_key": access.key.reveal(),
        "sas_key": access.sas.reveal().lstrip("?"),
        "endpoint": access.endpoint,
    }
    return _without_empty(found)


def _of_connection_string(text: str) -> dict[str, str]:
    parts = {name.strip().lower(): value for name, _, value in (part.partition("=") for part in text.split(";"))}
    found = {
        "account_name": parts.get("accountname", ""),
        "account_key": parts.get("accountkey", ""),
        "sas_key": parts.get("sharedaccesssignature", ""),
        "endpoint": parts.get("blobendpoint", ""),
    }
    return _without_empty(found)


def _without_empty(found: Mapping[str, str]) -> dict[str, str]:
    """Requests over plain HTTP are allowed on the loopback only, where emulators listen."""
    options = {name: value for name, value in found.items() if value}
    if re.match(r"http://(127\.0\.0\.1|localhost)[:/]", options.get("endpoint", "")):
        options["allow_http"] = "true"
    return options
