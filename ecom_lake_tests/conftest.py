"""A small synthetic shop that is built once: tests that only read share it, and tests that write get a copy."""

from __future__ import annotations

import os
import pickle
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.store.landing_zone import land
from ecom_lake.engine.store.made import MADE
from ecom_lake.synth.shop import generate
from ecom_lake.synth.truths import Truths
from ecom_lake_tests import needs
from ecom_lake_tests.azurite import Azurite, azurite
from ecom_lake_tests.builders.alert_shop import Mailbox, Receiver, receiver
from ecom_lake_tests.builders.built_lake import CONFIG, ONE_MORE_ORDER, OPTIONS, BuiltLake, Place
from ecom_lake_tests.builders.database_shop import MariaDBServer, PostgreSQLServer, Server
from ecom_lake_tests.builders.olist_files import a_site
from ecom_lake_tests.mariadb import mariadb
from ecom_lake_tests.marking import markers_of
from ecom_lake_tests.needs import azurite_installed, chromium_installed, mariadb_installed, postgres_installed
from ecom_lake_tests.postgres import postgres

LONG = ("spark", "container", "browser")
"""Markers of the longest tests."""

settings.register_profile("lake", deadline=None)  # a slow run on a busy machine is not a failure
settings.load_profile("lake")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests, and put the longest files first, so that no worker ends with one of them while the others wait."""
    for item in items:
        for marker in markers_of(item):
            item.add_marker(marker)
    tests = Counter(item.path for item in items)
    long = {item.path for item in items if any(map(item.get_closest_marker, LONG))}
    items.sort(key=lambda item: (item.path not in long, -tests[item.path]))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real browser."""
    return chromium_installed()


@pytest.fixture(scope="session")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truths]:
    """The files of a synthetic shop of 300 orders, with invalid rows of every kind, and the known truths about them."""
    folder = tmp_path_factory.mktemp("delivery") / "export"
    return folder, generate(folder, OPTIONS)


@pytest.fixture(scope="session")
def olist() -> Path:
    """The folder of the real Olist files, which the project may not distribute: `ECOM_LAKE_OLIST`, or the default one."""
    folder = Path(os.environ.get("ECOM_LAKE_OLIST") or Path(__file__).parents[2] / "shared" / "data" / "olist")
    if not folder.is_dir():
        pytest.skip("the real Olist files are not on this machine: set ECOM_LAKE_OLIST to their folder")
    return folder


@pytest.fixture(scope="session")
def released_olist(olist: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Check]]:
    """The folder of the gold tables of the real Olist shop, and the checks of all steps of its build.

    The build takes a minute, so that all workers share it."""
    root = _folder_of_all_workers(tmp_path_factory) / "real olist"
    checks, landing = root / "checks.pickle", root / "olist" / "landing"
    with FileLock(f"{root}.lock"):
        if not checks.exists():
            landing.mkdir(parents=True, exist_ok=True)
            for file in olist.glob("*.csv"):
                shutil.copy2(file, landing)
            outcomes = build(a_site(root, "2016-09-01", "2018-10-01"))
            checks.write_bytes(pickle.dumps([check for outcome in outcomes for check in outcome.checks]))
    return root / "olist" / "gold", pickle.loads(checks.read_bytes())


def _folder_of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this run of pytest; a worker has a folder in it."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def built_lake(delivery: tuple[Path, Truths], tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltLake]:
    """A built lake for reading only: all tests of the session share it, and none may have changed it."""
    files, truths = delivery
    lake = BuiltLake(tmp_path_factory.mktemp("lake"), truths)
    lake.config.write_text(CONFIG, encoding="utf-8")
    shutil.copytree(files, lake.landing)
    refused = [check.says for outcome in build(lake.site()) for check in outcome.checks if check.blocks]
    assert not refused
    before = _stamps(lake)
    yield lake
    assert _stamps(lake) == before, "a test wrote into the lake that all tests share; it must use `fresh_lake`"


@pytest.fixture(scope="session")
def grown_lake(built_lake: BuiltLake, tmp_path_factory: pytest.TempPathFactory) -> BuiltLake:
    """For reading only: the built lake after a second delivery of one more order, so that there are two releases."""
    lake = _copied(built_lake, tmp_path_factory.mktemp("grown") / "lake")
    (lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    build(lake.site())
    return lake


@pytest.fixture
def fresh_lake(built_lake: BuiltLake, tmp_path: Path) -> BuiltLake:
    """A copy of the built lake for tests that write."""
    return _copied(built_lake, tmp_path / "lake")


@pytest.fixture
def fresh_grown_lake(grown_lake: BuiltLake, tmp_path: Path) -> BuiltLake:
    """A copy of the grown lake for tests that write."""
    return _copied(grown_lake, tmp_path / "lake")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """The Azure Blob emulator: one for each session or pytest worker."""
    azurite_installed()
    with azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    postgres_installed()
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgreSQLServer]:
    """The server that shops are pulled from: one for each session or pytest worker."""
    postgres_installed()
    with postgres() as url:
        yield PostgreSQLServer(url.replace("+psycopg2", ""))


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDBServer]:
    mariadb_installed()
    with mariadb() as url:
        yield MariaDBServer(url)


@pytest.fixture(scope="session")
def spark_installed() -> None:
    """Spark can be imported."""
    needs.spark_installed()


@pytest.fixture(params=["postgres", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    """An empty database: a test with this fixture runs once on PostgreSQL and once on MariaDB."""
    found: Server = request.getfixturevalue(f"{request.param}_server")
    found.reset()
    return found


@pytest.fixture(params=["local", "azure"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty location for a lake: a test with this fixture runs once on the local disk and once on Azure."""
    if request.param == "local":
        return Place(str(tmp_path / "store"))
    server: Azurite = request.getfixturevalue("emulator")
    return Place(f"{server.container()}/in a folder", server.access(tmp_path / "cache"))


@pytest.fixture(scope="session")
def azure_lake(
    emulator: Azurite, delivery: tuple[Path, Truths], built_lake: BuiltLake, tmp_path_factory: pytest.TempPathFactory
) -> BuiltLake:
    """A lake on Azure with the same shop as the built lake."""
    folder = tmp_path_factory.mktemp("azure")
    lake = BuiltLake(folder, delivery[1], f"{emulator.container()}/lakes/ours", emulator.environment(folder / "cache"))
    lake.config.write_text(CONFIG, encoding="utf-8")
    assert {arrival.fate for arrival in land(lake.site().lake, [delivery[0]])} == {"landed"}
    build(lake.site())
    return lake


def _stamps(lake: BuiltLake) -> dict[str, int]:
    """When each file of the lake was last written, without the records of the exports that readers make."""
    files = [path for path in lake.folder.rglob("*") if path.is_file() and path.parent.name != MADE]
    return {str(path.relative_to(lake.folder)): path.stat().st_mtime_ns for path in files}


def _copied(lake: BuiltLake, folder: Path) -> BuiltLake:
    shutil.copytree(lake.folder, folder, ignore=shutil.ignore_patterns(MADE))  # without the exports that other tests made
    copy = BuiltLake(folder, lake.truths)
    ingest(copy.site())  # the log does not have the copied files yet, because their times differ
    return copy


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """A web server that receives the messages of a webhook."""
    with receiver() as server:
        yield server


@pytest.fixture
def mailbox() -> Mailbox:
    """What a mail server has received."""
    return Mailbox()
