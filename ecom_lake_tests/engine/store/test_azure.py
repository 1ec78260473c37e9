"""Azure Blob: which way in is taken, what a refusal says, and that no secret shows."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.identity.aio import DefaultAzureCredential

from ecom_lake.engine.store.access import Access, Secret
from ecom_lake.engine.store.azure.container import Place, _own_way_in, place_of
from ecom_lake.engine.store.azure.filesystem import AzureBlobs
from ecom_lake.engine.store.remote import Remote
from ecom_lake.engine.store.storage import Storage
from ecom_lake.errors import StoreError, UsageError, UserError
from ecom_lake.settings import load
from ecom_lake_tests.azurite import ACCOUNT, KEY, Azurite

WRONG_KEY = base64.b64encode(b"not the key of this account").decode()


def a_sas(azurite: Azurite) -> str:
    from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

    return str(
        generate_account_sas(
            ACCOUNT,
            KEY,
            ResourceTypes(container=True, object=True),
            AccountSasPermissions(read=True, write=True, delete=True, list=True, create=True),
            datetime.now(UTC) + timedelta(hours=1),
        )
    )


def ways_in(azurite: Azurite) -> dict[str, dict[str, str]]:
    account = {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_SERVICE_ENDPOINT": azurite.endpoint}
    return {
        "connection string": {"AZURE_STORAGE_CONNECTION_STRING": azurite.connection_string},
        "key": {**account, "AZURE_STORAGE_ACCOUNT_KEY": KEY},
        "key, by the older names": {
            "AZURE_STORAGE_ACCOUNT": ACCOUNT,
            "AZURE_STORAGE_KEY": KEY,
            "AZURE_STORAGE_SERVICE_ENDPOINT": azurite.endpoint,
        },
        "SAS": {**account, "AZURE_STORAGE_SAS_TOKEN": a_sas(azurite)},
    }


def access(environment: Mapping[str, str]) -> Access:
    return load("az://x", {"ECOM_LAKE_RETRIES": "0", **environment}).access


@pytest.mark.parametrize("way", ["connection string", "key", "key, by the older names", "SAS"])
def test_every_way_in_reads_writes_copies_and_lists(way: str, emulator: Azurite) -> None:
    storage = Storage(emulator.container(), access(ways_in(emulator)[way]))
    assert storage.create("a", b"1")
    assert not storage.create("a", b"2")
    storage.copy("a", "b")
    assert [info.path for info in storage.list("")] == ["a", "b"]
    assert storage.read("b") == b"1"


def test_no_secret_shows_in_settings_stores_or_file_systems(emulator: Azurite) -> None:
    for environment in ways_in(emulator).values():
        settings = load("az://container/lake", environment)
        storage = Storage(settings.root, settings.access)
        assert isinstance(storage.store, Remote)
        shown = repr((settings, settings.access, storage.store.fs, vars(storage.store.fs), storage.store.name)) + str(
            vars(storage)
        )
        assert "***" in shown
        for secret in (KEY, environment.get("AZURE_STORAGE_SAS_TOKEN", KEY)):
            assert secret not in shown


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("az://lake", Place("lake", "")),
        ("az://lake/a/b/", Place("lake", "a/b")),
        ("abfs://lake/a b", Place("lake", "a b")),
        ("abfss://lake@acc.dfs.core.windows.net", Place("lake", "", "acc", ".blob.core.windows.net")),
        ("abfss://lake@acc.dfs.core.windows.net/a/b", Place("lake", "a/b", "acc", ".blob.core.windows.net")),
        ("abfss://lake@acc.dfs.core.chinacloudapi.cn/a", Place("lake", "a", "acc", ".blob.core.chinacloudapi.cn")),
    ],
)
def test_a_url_says_which_container_and_account(url: str, place: Place) -> None:
    assert place_of(url) == place


@pytest.mark.parametrize(
    "url", ["az://", "az:///x", "az://lake/x?sig=hush", "abfss://lake@acc/x", "abfss://@acc.dfs.core.windows.net/x"]
)
def test_what_is_no_place_is_said_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError, match="An Azure lake is named az://CONTAINER/PREFIX") as error:
        place_of(url)
    assert "hush" not in str(error.value)


MINE = Access(account="mine", key=Secret(KEY))
STRING = Access(connection_string=Secret(f"AccountName=mine;AccountKey={KEY}"))


@pytest.mark.parametrize(
    ("place", "given", "own"),
    [
        (Place("c", ""), MINE, True),
        (Place("c", "", "mine"), MINE, True),
        (Place("c", "", "other"), MINE, False),
        (Place("c", ""), STRING, True),
        (Place("c", "", "mine"), STRING, True),
        (Place("c", "", "other"), STRING, False),
        (Place("c", "", "any"), Access(key=Secret(KEY)), True),
        (Place("c", "", "any"), Access(sas=Secret("sv=1")), True),
        (Place("c", "", "any"), Access(account="any"), False),
    ],
)
def test_credentials_serve_the_account_that_they_are_for_and_an_identity_every_other(
    place: Place, given: Access, own: bool
) -> None:
    assert _own_way_in(place, given) is own


def test_without_credentials_the_azure_identity_is_asked() -> None:
    storage = Storage("abfss://lake@account.dfs.core.windows.net/x", Access())
    assert isinstance(storage.store, Remote)
    assert isinstance(storage.store.fs, AzureBlobs)
    assert isinstance(storage.store.fs.credential, DefaultAzureCredential)
    assert storage.store.name == "https://account.blob.core.windows.net/lake/x"


def refusals(azurite: Azurite) -> dict[str, tuple[dict[str, str], str]]:
    good = azurite.connection_string
    account = {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_SERVICE_ENDPOINT": azurite.endpoint}
    return {
        "wrong key": ({"AZURE_STORAGE_CONNECTION_STRING": good.replace(KEY, WRONG_KEY)}, "Azure refuses us"),
        "no key at all": ({**account, "AZURE_STORAGE_ACCOUNT_KEY": "Zm9v="}, "Azure refuses us"),
        "wrong SAS": ({**account, "AZURE_STORAGE_SAS_TOKEN": a_sas(azurite)[:-9]}, "Azure refuses us"),
        "malformed": ({"AZURE_STORAGE_CONNECTION_STRING": f"AccountKey={KEY}"}, "AZURE_STORAGE_CONNECTION_STRING is malformed"),
        "nobody there": (
            {"AZURE_STORAGE_CONNECTION_STRING": good.replace(azurite.endpoint, "http://127.0.0.1:9/devstoreaccount1")},
            "Azure could not be reached (ServiceRequestError), also after several tries",
        ),
        "no account": ({}, "No storage account is named"),
    }


@pytest.mark.parametrize("case", ["wrong key", "no key at all", "wrong SAS", "malformed", "nobody there", "no account"])
def test_a_refusal_is_one_sentence_without_secrets(case: str, emulator: Azurite) -> None:
    environment, says = refusals(emulator)[case]
    with pytest.raises(UserError) as error:
        Storage("az://lake/x", access(environment)).list("")
    sentence = str(error.value)
    assert says in sentence
    assert "\n" not in sentence
    assert error.value.__cause__ is None
    for secret in (KEY, WRONG_KEY, "sig="):
        assert secret not in sentence


def test_a_missing_container_is_named_by_every_call(emulator: Azurite, tmp_path: Path) -> None:
    storage = Storage("az://not-there/x", emulator.access(tmp_path))
    (tmp_path / "a").write_bytes(b"a")
    for call in (
        lambda: storage.list(""),
        lambda: storage.read("a"),
        lambda: storage.create("a", b""),
        lambda: storage.put(tmp_path / "a", "a"),
        lambda: storage.fetch("a", tmp_path / "b"),
        lambda: storage.delete("a"),
    ):
        with pytest.raises(StoreError, match=r"there is no container 'not-there'\. Make it"):
            call()


_CHILD = """
import json, resource, sys
from pathlib import Path
from ecom_lake.engine.store.storage import Storage
from ecom_lake.settings import load
storage, large = Storage(sys.argv[1], load("az://x").access), Path(sys.argv[2])
storage.list("")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
storage.store.put(large, "large")
storage.fetch("large", large.with_name("back"))
print(json.dumps(storage.store.meter.requests), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_file_goes_in_blocks_and_costs_little_memory(emulator: Azurite, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(200 * 2**20)
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, emulator.container(), str(large)],
        env={**os.environ, **emulator.environment(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    requests, _, grown = child.stdout.strip().rpartition(" ")
    assert json.loads(requests) == {"list": 1, "block": 25, "blocklist": 1, "get": 25}
    assert (tmp_path / "back").stat().st_size == 200 * 2**20
    assert int(grown) * 1024 < 160e6
