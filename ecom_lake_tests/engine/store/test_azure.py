"""Azure Blob: which credentials are used, the message of a refusal, and no secret in any output."""

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
from ecom_lake.engine.store.azure.blob_file_system import AzureBlobs
from ecom_lake.engine.store.azure.container import Place, _has_credentials, place_of
from ecom_lake.engine.store.open_store import open_store
from ecom_lake.engine.store.remote import RemoteStore
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
def test_every_kind_of_credentials_can_read_write_copy_and_list(way: str, emulator: Azurite) -> None:
    store = open_store(emulator.container(), access(ways_in(emulator)[way]))
    assert store.create("a", b"1")
    assert not store.create("a", b"2")
    store.copy("a", "b")
    assert [info.path for info in store.list("")] == ["a", "b"]
    assert store.read("b") == b"1"


def test_no_secret_is_visible_in_settings_stores_or_file_systems(emulator: Azurite) -> None:
    for environment in ways_in(emulator).values():
        settings = load("az://container/lake", environment)
        store = open_store(settings.root, settings.access)
        assert isinstance(store, RemoteStore)
        shown = repr((settings, settings.access, store.connection.fs, vars(store.connection.fs), store.connection.name)) + str(
            vars(store)
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
def test_a_url_names_the_container_and_the_account(url: str, place: Place) -> None:
    assert place_of(url) == place


@pytest.mark.parametrize(
    "url", ["az://", "az:///x", "az://lake/x?sig=hush", "abfss://lake@acc/x", "abfss://@acc.dfs.core.windows.net/x"]
)
def test_the_error_for_an_invalid_url_does_not_repeat_it(url: str) -> None:
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
def test_credentials_are_used_for_their_account_and_the_identity_for_all_others(place: Place, given: Access, own: bool) -> None:
    assert _has_credentials(place, given) is own


def test_without_credentials_the_azure_identity_is_used() -> None:
    store = open_store("abfss://lake@account.dfs.core.windows.net/x", Access())
    assert isinstance(store, RemoteStore)
    assert isinstance(store.connection.fs, AzureBlobs)
    assert isinstance(store.connection.fs.credential, DefaultAzureCredential)
    assert store.connection.name == "https://account.blob.core.windows.net/lake/x"


def refusals(azurite: Azurite) -> dict[str, tuple[dict[str, str], str]]:
    good = azurite.connection_string
    account = {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_SERVICE_ENDPOINT": azurite.endpoint}
    return {
        "wrong key": ({"AZURE_STORAGE_CONNECTION_STRING": good.replace(KEY, WRONG_KEY)}, "Azure refused the credentials"),
        "no key at all": ({**account, "AZURE_STORAGE_ACCOUNT_KEY": "Zm9v="}, "Azure refused the credentials"),
        "wrong SAS": ({**account, "AZURE_STORAGE_SAS_TOKEN": a_sas(azurite)[:-9]}, "Azure refused the credentials"),
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
        open_store("az://lake/x", access(environment)).list("")
    sentence = str(error.value)
    assert says in sentence
    assert "\n" not in sentence
    assert error.value.__cause__ is None
    for secret in (KEY, WRONG_KEY, "sig="):
        assert secret not in sentence


def test_a_missing_container_is_named_by_every_call(emulator: Azurite, tmp_path: Path) -> None:
    store = open_store("az://not-there/x", emulator.access(tmp_path))
    (tmp_path / "a").write_bytes(b"a")
    for call in (
        lambda: store.list(""),
        lambda: store.read("a"),
        lambda: store.create("a", b""),
        lambda: store.put(tmp_path / "a", "a"),
        lambda: store.fetch("a", tmp_path / "b"),
        lambda: store.delete("a"),
    ):
        with pytest.raises(StoreError, match=r"there is no container 'not-there'\. Create it"):
            call()


_CHILD = """
import json, resource, sys
from pathlib import Path
from ecom_lake.engine.store.open_store import open_store
from ecom_lake.settings import load
store, large = open_store(sys.argv[1], load("az://x").access), Path(sys.argv[2])
store.list("")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
store.put(large, "large")
store.fetch("large", large.with_name("back"))
print(json.dumps(store.connection.counts.requests), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_file_is_uploaded_in_blocks_with_little_memory(emulator: Azurite, tmp_path: Path) -> None:
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
