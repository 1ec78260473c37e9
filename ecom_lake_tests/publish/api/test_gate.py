"""Who may ask what: keys with scopes and shops, users of a proxy, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ecom_lake.publish.api.gate import Proxy
from ecom_lake.publish.api.keys import Keys
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.server import server
from ecom_lake_tests.builders.built_lake import BuiltLake

SHOP = "/v1/shops/olist"
PERSONAL_ROWS = f"{SHOP}/tables/rfm/rows"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys") / "keys.toml")


@pytest.fixture(scope="module")
def reading(keys: Keys) -> str:
    return keys.new("reads", [])


@pytest.fixture(scope="module")
def seeing(keys: Keys) -> str:
    return keys.new("sees people", ["pii"])


@pytest.fixture(scope="module")
def guarded(grown_lake: BuiltLake, keys: Keys, reading: str, seeing: str) -> Iterator[TestClient]:
    app = server(grown_lake.settings, keys=keys, per_second=10_000)
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("address", ["/v1/shops", SHOP, "/olist/overview", "/", "/static/dashboard.js", "/openapi.json"])
def test_without_a_key_nothing_is_answered(guarded: TestClient, reading: str, address: str) -> None:
    for headers in ({}, bearer("el_aaaaaaaa_" + "a" * 43), {"Authorization": "Basic !"}, {"X-Forwarded-User": "boss"}):
        answer = guarded.get(address, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert guarded.get(address, headers=bearer(reading)).status_code in (200, 307)


def test_probes_need_no_key(guarded: TestClient) -> None:
    assert [guarded.get(address).status_code for address in ("/health", "/ready")] == [200, 200]


def test_a_browser_sends_the_key_as_a_password(guarded: TestClient, reading: str) -> None:
    assert guarded.get("/olist/overview", auth=("anyone", reading)).status_code == 200
    assert guarded.get("/olist/overview", auth=(reading, "anyone")).status_code == 401


def test_personal_tables_and_columns_need_a_scope(guarded: TestClient, release: ServedRelease, reading: str, seeing: str) -> None:
    for one in guarded.get(f"{SHOP}/tables", headers=bearer(reading)).json()["tables"]:
        contract = release.site.registry.table(one["table"])
        address = f"{SHOP}/tables/{one['table']}/rows?limit=1"
        answer = guarded.get(address, headers=bearer(reading))
        has_personal_key = any(contract.columns[name].personal for name in contract.key)
        assert (answer.status_code, one["needs_pii"]) == ((403, True) if has_personal_key else (200, False))
        for row in answer.json().get("rows", ()):
            assert list(row) == contract.shareable
        assert all(list(row) == list(contract.columns) for row in guarded.get(address, headers=bearer(seeing)).json()["rows"])
        for name in set(contract.columns) - set(contract.shareable):
            for query in (f"columns={name}", f"order={name}", f"where={name}:is:null"):
                assert guarded.get(f"{address}&{query}", headers=bearer(reading)).status_code == 403
        [file, *_] = guarded.get(f"{SHOP}/tables/{one['table']}", headers=bearer(reading)).json()["files"]
        is_open = contract.shareable == list(contract.columns)
        assert guarded.get(file["url"], headers=bearer(reading)).status_code == (200 if is_open else 403)
        assert guarded.get(file["url"], headers=bearer(seeing)).status_code == 200


def test_a_kept_answer_is_not_given_to_a_key_that_may_not_read_it(guarded: TestClient, reading: str, seeing: str) -> None:
    assert guarded.get(PERSONAL_ROWS, headers=bearer(seeing)).status_code == 200
    assert guarded.get(PERSONAL_ROWS, headers=bearer(reading)).status_code == 403


def test_a_key_of_some_shops_sees_no_other(guarded: TestClient, keys: Keys) -> None:
    limited = bearer(keys.new("limited", [], ["empty"]))
    assert [one["shop"] for one in guarded.get("/v1/shops", headers=limited).json()["shops"]] == ["empty"]
    assert guarded.get(SHOP, headers=limited).status_code == 404
    for page in ("/olist/overview", "/olist/ask", "/anything"):
        answer = guarded.get(page, headers=limited)
        assert (answer.status_code, answer.json()["detail"]) == (403, "The key reads the shops empty only.")
    assert guarded.get("/", headers=limited).headers["location"] == "/empty/overview"
    shops = guarded.get("/shops", headers=limited)
    assert (shops.status_code, "/olist/" in shops.text, "empty" in shops.text) == (200, False, True)


def test_pages_of_single_customers_need_a_scope(guarded: TestClient, reading: str, seeing: str) -> None:
    for page in ("/olist/who", "/olist/who.csv", "/olist/customer/anyone"):
        refused = guarded.get(page, headers=bearer(reading))
        assert (refused.status_code, "this page needs the scope pii." in refused.text) == (403, True)
        assert guarded.get(page, headers=bearer(seeing)).status_code in (200, 404)
    assert "/olist/who" not in guarded.get("/olist/customers", headers=bearer(reading)).text
    assert "/olist/who" in guarded.get("/olist/customers", headers=bearer(seeing)).text


def test_a_revoked_key_is_refused_with_the_next_request(guarded: TestClient, keys: Keys) -> None:
    key = keys.new("short", [])
    assert guarded.get(SHOP, headers=bearer(key)).status_code == 200
    keys.revoke(key.split("_")[1])
    answer = guarded.get(SHOP, headers=bearer(key))
    assert (answer.status_code, answer.json()["detail"]) == (401, "The key is unknown or was revoked.")


@pytest.mark.parametrize("is_local", [True, False])
def test_a_server_answers_nobody_after_its_last_key_is_revoked(built_lake: BuiltLake, tmp_path: Path, is_local: bool) -> None:
    keys = Keys(tmp_path / "keys.toml")
    key = keys.new("only", [])
    revoked = [401, 401]

    def statuses(client: TestClient) -> list[int]:
        return [client.get(SHOP, headers=headers).status_code for headers in (bearer(key), {})]

    with TestClient(server(built_lake.settings, keys=keys, is_local=is_local), base_url="http://localhost") as client:
        assert statuses(client) == [200, 401]
        Keys(keys.file).revoke(key.split("_")[1])
        assert statuses(client) == revoked
    with TestClient(server(built_lake.settings, keys=Keys(keys.file), is_local=is_local), base_url="http://localhost") as client:
        assert statuses(client) == revoked, "after a new start"
        keys.file.unlink()
        assert statuses(client) == revoked, "until the next start"


def test_a_key_that_asks_too_often_waits(grown_lake: BuiltLake, keys: Keys, reading: str, seeing: str) -> None:
    with TestClient(server(grown_lake.settings, keys=keys, per_second=0.001), base_url="http://localhost") as client:
        first = client.get("/v1/shops", headers=bearer(reading))
        late = client.get("/v1/shops", headers=bearer(reading))
        other = client.get("/v1/shops", headers=bearer(seeing))
    assert (first.status_code, late.status_code, other.status_code) == (200, 429, 200)
    assert 1 <= int(late.headers["retry-after"]) <= 1000


@pytest.mark.parametrize(
    ("networks", "scopes", "user", "statuses"),
    [
        (["198.51.100.0/24"], {"read"}, "ann", (200, 403)),
        (["198.51.100.0/24"], {"read", "pii"}, "ann", (200, 200)),
        (["198.51.100.0/24"], {"read"}, "", (401, 401)),
        (["10.0.0.0/8"], {"read", "pii"}, "ann", (401, 401)),
    ],
)
def test_the_users_of_a_known_proxy(
    grown_lake: BuiltLake, tmp_path: Path, networks: list[str], scopes: set[str], user: str, statuses: tuple[int, int]
) -> None:
    proxy = Proxy([ip_network(one) for one in networks], frozenset(scopes))
    app = server(grown_lake.settings, keys=Keys(tmp_path / "keys.toml"), proxy=proxy)
    with TestClient(app, base_url="http://localhost", client=("198.51.100.7", 50_000)) as client:
        headers = {"X-Forwarded-User": user} if user else {}
        assert tuple(client.get(one, headers=headers).status_code for one in (SHOP, PERSONAL_ROWS)) == statuses


def test_without_keys_the_machine_s_owner_reads_everything_and_whom_a_proxy_passes_on_no_people(client: TestClient) -> None:
    assert client.get(PERSONAL_ROWS).status_code == 200
    assert client.get(SHOP, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200
    assert client.get(PERSONAL_ROWS, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403


def test_a_file_of_keys_that_cannot_be_trusted_lets_nobody_in(grown_lake: BuiltLake, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("[broken")
    file.chmod(0o600)
    with TestClient(server(grown_lake.settings, keys=Keys(file)), base_url="http://localhost") as client:
        answer = client.get(SHOP)
    assert answer.status_code == 503
    assert "is damaged" in answer.json()["detail"]
