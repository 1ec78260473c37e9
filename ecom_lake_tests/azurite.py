"""The Azurite emulator of Azure Blob Storage for the tests, with its published account name and key."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ecom_lake.engine.store.access import Access, Secret
from ecom_lake_tests.project import PROJECT

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The same on every machine, and printed in the emulator's documentation."""
TOOL = PROJECT / "tools" / "azurite.sh"


@dataclass(frozen=True)
class Azurite:
    endpoint: str

    @property
    def connection_string(self) -> str:
        protocol = "DefaultEndpointsProtocol=http"
        return f"{protocol};AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={self.endpoint};"

    def environment(self, cache: Path) -> dict[str, str]:
        return {
            "AZURE_STORAGE_CONNECTION_STRING": self.connection_string,
            "ECOM_LAKE_CACHE": str(cache),
            "ECOM_LAKE_RETRIES": "0",
        }

    def access(self, cache: Path, limit: int = 10**9) -> Access:
        return Access(connection_string=Secret(self.connection_string), retries=0, cache=cache, cache_limit=limit)

    def container(self) -> str:
        """Creates a container and returns its URL."""
        from azure.storage.blob import BlobServiceClient

        name = f"test-{uuid.uuid4().hex[:12]}"
        with BlobServiceClient.from_connection_string(self.connection_string) as service:
            service.create_container(name)
        return f"az://{name}"


def why_not() -> str:
    """The reason why the emulator cannot run on this machine; empty if it can."""
    if not shutil.which("node"):
        return "Node.js is not installed"
    if not (TOOL.parent / "azurite" / "node_modules" / "azurite").exists():
        return "the emulator is not installed: run tools/azurite.sh"
    return ""


@contextmanager
def azurite(folder: Path) -> Iterator[Azurite]:
    server = subprocess.Popen([str(TOOL), "run", str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if found := re.search(r"listens on (http://127\.0\.0\.1:\d+)", line):
                yield Azurite(f"{found[1]}/{ACCOUNT}")
                return
        raise RuntimeError(f"Azurite ended before it listened, with code {server.wait()}.")
    finally:
        server.terminate()
        server.communicate()
