"""Dockerfiles, compose.yaml and the manifests of Kubernetes: linted, and restricted as docs/containers.md describes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecom_lake_tests.deploy.linters import compose_schema, dclint, hadolint, kubernetes
from ecom_lake_tests.project import PROJECT

Linter = Callable[[Path], str]
DOCKERFILE, COMPOSE, MANIFESTS = PROJECT / "Dockerfile", PROJECT / "compose.yaml", PROJECT / "deploy/kubernetes"
DAGSTER = PROJECT / "deploy/dagster/dagster.yaml"
KUSTOMIZATION = "kustomization.yaml"
RESOURCES = sorted(path for path in MANIFESTS.glob("base/*.yaml") if path.name != KUSTOMIZATION)
OUR_IMAGE = "ecom-lake"
CASES = [
    (hadolint, DOCKERFILE, "USER 10001:10001", "USER root", "DL3002"),
    (hadolint, DOCKERFILE, "'tini=0.19.*'", "tini", "DL3008"),
    (hadolint, PROJECT / "deploy/azurite.Dockerfile", "WORKDIR /opt/azurite", "WORKDIR opt/azurite", "DL3000"),
    (compose_schema, COMPOSE, "command:", "comand:", "comand"),
    (dclint, COMPOSE, '"127.0.0.1:8321:8321"', '"8321:8321"', "no-unbound-port-interfaces"),
    *(
        (kubernetes, MANIFESTS / "base/serve.yaml", *planted)
        for planted in (("ports:", "portz:", "portz"), ("replicas: 2", "replicas: two", "two"))
    ),
]
EVERY_FILE = [*dict.fromkeys((linter, path) for linter, path, *_ in CASES), *((kubernetes, path) for path in RESOURCES)]


@pytest.mark.parametrize(("linter", "file"), EVERY_FILE, ids=lambda one: getattr(one, "__name__", None) or one.name)
def test_the_files_are_without_findings(linter: Linter, file: Path) -> None:
    assert linter(file) == ""


@pytest.mark.parametrize(("linter", "file", "right", "wrong", "finding"), CASES)
def test_each_linter_finds_a_planted_mistake(
    linter: Linter, file: Path, right: str, wrong: str, finding: str, tmp_path: Path
) -> None:
    text = file.read_text("utf-8")
    assert right in text
    planted = tmp_path / file.name
    planted.write_text(text.replace(right, wrong), "utf-8")
    assert finding in linter(planted)


def services(compose: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(compose)["services"]
    return found


def problems_of_services(compose: str) -> Iterator[str]:
    for name, service in services(compose).items():
        is_restricted = service.get("read_only") and service.get("cap_drop") == ["ALL"]
        if not is_restricted or service.get("security_opt") != ["no-new-privileges:true"]:
            yield f"{name} is not restricted"
        if any(not port.startswith("127.0.0.1:") for port in service.get("ports", ())):
            yield f"{name} is published to other machines"
        duckdb = service.get("environment", {}).get("ECOM_LAKE_MEMORY", "0GB")
        if _gigabytes(service.get("mem_limit", "0g")) < max(0.1, 2 * _gigabytes(duckdb)):
            yield f"{name} has less than twice the memory of DuckDB"
    serve = services(compose)["serve"]
    if "lake:/lake:ro" not in serve["volumes"] or any("dagster_home" in volume for volume in serve["volumes"]):
        yield "serve may write the lake"


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("", "", None),
        ("  read_only: true\n", "", "serve is not restricted"),
        ("  cap_drop:\n    - ALL\n", "", "serve is not restricted"),
        ("no-new-privileges:true", "label:disable", "serve is not restricted"),
        ('"127.0.0.1:3000:3000"', '"3000:3000"', "webserver is published to other machines"),
        ("ECOM_LAKE_MEMORY: 1GB", "ECOM_LAKE_MEMORY: 2GB", "serve has less than twice the memory of DuckDB"),
        ("    mem_limit: 512m\n", "", "postgres has less than twice the memory of DuckDB"),
        ("lake:/lake:ro", "lake:/lake", "serve may write the lake"),
    ],
)
def test_every_service_is_restricted(right: str, wrong: str, problem: str | None) -> None:
    compose = COMPOSE.read_text("utf-8")
    assert right in compose
    found = list(problems_of_services(compose.replace(right, wrong, 1)))
    assert problem in found if problem else not found, found


def pods(manifests: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in yaml.safe_load_all(manifests):
        spec = resource.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            yield resource["metadata"]["name"], template["spec"]


def problems_of_pods(manifests: str) -> Iterator[str]:
    for name, pod in pods(manifests):
        user = pod["securityContext"]
        if not user.get("runAsNonRoot") or user.get("runAsUser") != 10001 or pod.get("automountServiceAccountToken") is not False:
            yield f"{name} may be another user"
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            yield from (f"{name} {problem}" for problem in _problems_of(container))


def _problems_of(container: Mapping[str, Any]) -> Iterator[str]:
    rights = container["securityContext"]
    is_restricted = rights.get("readOnlyRootFilesystem") and rights.get("allowPrivilegeEscalation") is False
    if not is_restricted or rights.get("capabilities") != {"drop": ["ALL"]}:
        yield "is not restricted"
    environment = {one["name"]: one for one in container.get("env", ())}
    duckdb = environment.get("ECOM_LAKE_MEMORY", {}).get("value", "0GB")
    if _gigabytes(container["resources"]["limits"]["memory"]) < 2 * _gigabytes(duckdb):
        yield "has less than twice the memory of DuckDB"
    if any("value" in one for name, one in environment.items() if re.search("URL|KEY|PASSWORD|SECRET", name)):
        yield "has a secret in its manifest"


@pytest.mark.parametrize("file", RESOURCES, ids=lambda file: file.name)
def test_every_pod_is_restricted(file: Path) -> None:
    assert list(problems_of_pods(file.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("runAsUser: 10001", "runAsUser: 0", "build may be another user"),
        ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "build is not restricted"),
        ("value: 2GB", "value: 3GB", "build has less than twice the memory of DuckDB"),
        ("valueFrom:", "value: postgresql://\n                  unused:", "build has a secret in its manifest"),
    ],
)
def test_a_pod_without_a_restriction_is_found(right: str, wrong: str, problem: str) -> None:
    manifest = (MANIFESTS / "base/build.yaml").read_text("utf-8")
    assert right in manifest
    assert problem in list(problems_of_pods(manifest.replace(right, wrong, 1)))


def test_the_servers_mount_the_lake_read_only() -> None:
    [(_, serve)] = pods((MANIFESTS / "base/serve.yaml").read_text("utf-8"))
    assert {mount["mountPath"]: mount.get("readOnly", False) for mount in serve["containers"][0]["volumeMounts"]}["/lake"]
    containers = [*serve["initContainers"], *serve["containers"]]
    assert not any(mount["name"] == "dagster-home" for container in containers for mount in container["volumeMounts"])


@pytest.mark.parametrize("variant", ["base", "azure"])
def test_a_kustomization_names_every_file_of_its_folder(variant: str) -> None:
    folder = MANIFESTS / variant
    chosen = yaml.safe_load((folder / KUSTOMIZATION).read_text("utf-8"))
    named = {*chosen["resources"], *(patch["path"] for patch in chosen.get("patches", ()))} - {"../base"}
    assert named == {path.name for path in folder.glob("*.yaml")} - {KUSTOMIZATION}


def test_the_patches_for_azure_are_of_resources_containers_and_mounts_of_the_base() -> None:
    base = {path.name: dict(pods(path.read_text("utf-8"))) for path in RESOURCES}
    for name in ("build.yaml", "daemon.yaml", "months.yaml", "serve.yaml"):
        for resource, pod in pods((MANIFESTS / "azure" / name).read_text("utf-8")):
            patched = base[name][resource]
            containers = {one["name"]: one for one in patched["containers"]}
            assert {one["name"] for one in pod["volumes"]} <= {one["name"] for one in patched["volumes"]}
            for container in pod["containers"]:
                mounts = {mount["mountPath"] for mount in containers[container["name"]]["volumeMounts"]}
                assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/lake"} <= mounts
            with_lake = {
                name for name, one in containers.items() if "/lake" in {mount["mountPath"] for mount in one["volumeMounts"]}
            }
            assert {container["name"] for container in pod["containers"]} == with_lake, "no mount of the lake is left"


@pytest.mark.parametrize("variant", ["base", "azure"])
def test_what_kustomize_renders_is_valid_and_restricted(variant: str, tmp_path: Path) -> None:
    """Where there is a kubectl; Debian's is older than these manifests, so that no script installs one."""
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    rendered = tmp_path / "rendered.yaml"
    command = ["kubectl", "kustomize", str(MANIFESTS / variant), "--output", str(rendered)]
    subprocess.run(command, check=True)
    assert kubernetes(rendered) == ""
    text = rendered.read_text("utf-8")
    assert (list(problems_of_pods(text)), len(list(pods(text)))) == ([], 5)
    assert ("claimName: lake" in text, "abfss://" in text) == ((True, False) if variant == "base" else (False, True))


def test_the_history_is_the_documented_one_and_all_else_is_as_in_the_project() -> None:
    """So that the test of the documented history on a real PostgreSQL (engine/dagster/test_history.py) is about this file too."""
    ours, project = _yaml(DAGSTER), _yaml(PROJECT / "dagster.yaml")
    page = (PROJECT / "docs/operations.md").read_text("utf-8")
    documented = re.search(r"```yaml\n(storage:\n.*?)```", page, re.S)
    assert documented
    assert ours.pop("storage") == yaml.safe_load(documented[1])["storage"]
    for setting in ("run_storage", "event_log_storage", "schedule_storage"):
        del project[setting]
    for setting in ("local_artifact_storage", "compute_logs"):
        folders = ours[setting]["config"], project[setting]["config"]
        assert [Path(folder.pop("base_dir")).parent for folder in folders] == [Path("/dagster_home"), Path(".dagster")]
    assert ours == project


def test_the_image_has_every_extra_that_is_locked() -> None:
    """But Spark, which has a lock of its own: half a gigabyte, and it needs Java."""
    image, locked = (re.findall(r"--extra (\w+)", (PROJECT / name).read_text("utf-8")) for name in ("Dockerfile", "Makefile"))
    assert [*image, "spark"] == locked


def _policies(file: Path) -> Iterator[tuple[set[str], set[int]]]:
    """By rule for outgoing connections to anywhere: the pods that it is for, and the ports."""
    for policy in yaml.safe_load_all(file.read_text("utf-8")):
        pods_of = policy["spec"]["podSelector"].get("matchLabels", {})
        for rule in policy["spec"].get("egress", ()):
            if "to" not in rule:
                yield set(pods_of.values()), {port["port"] for port in rule["ports"]}


def test_what_sends_alerts_reaches_webhooks_and_mail_servers() -> None:
    """The sensor's job, and so each message, runs in the code server, which is in the pod `daemon`."""
    [(_, pod)] = pods((MANIFESTS / "base/daemon.yaml").read_text("utf-8"))
    assert "ecom_lake.definitions" in str(pod["containers"][0]["args"])
    open_ports = [ports for labels, ports in _policies(MANIFESTS / "base/network.yaml") if labels == {"daemon"}]
    assert open_ports == [{443, 465, 587}]


def test_a_hung_build_ends_before_the_next_night_and_a_refused_one_is_not_repeated() -> None:
    cron = _yaml(MANIFESTS / "base/build.yaml")["spec"]
    job = cron["jobTemplate"]["spec"]
    assert cron["concurrencyPolicy"] == "Forbid", "else no deadline is needed"
    assert job["activeDeadlineSeconds"] < 24 * 60 * 60
    [rule] = job["podFailurePolicy"]["rules"]
    assert (rule["action"], set(rule["onExitCodes"]["values"])) == ("FailJob", {1, 2}), "what docs/operations.md lists as refused"


def test_the_job_of_months_has_a_pod_for_each_range_and_never_starts_by_itself() -> None:
    cron = _yaml(MANIFESTS / "base/months.yaml")["spec"]
    job = cron["jobTemplate"]["spec"]
    [container] = job["template"]["spec"]["containers"]
    [ranges] = [one["value"].split() for one in container["env"] if one["name"] == "MONTHS"]
    assert (cron["suspend"], job["completionMode"], job["completions"]) == (True, "Indexed", len(ranges))
    script = container["args"][-1].replace("exec ecom-lake", "echo")
    chosen = [
        subprocess.run(
            ["sh", "-c", script], env={"MONTHS": " ".join(ranges), "JOB_COMPLETION_INDEX": str(i)}, capture_output=True, text=True
        ).stdout
        for i in range(len(ranges))
    ]
    assert chosen == [f"build --only silver --months {months}\n" for months in ranges]


def test_every_volume_that_stays_on_azure_has_a_class_for_many_nodes() -> None:
    """The default class of AKS is a disk, which one node mounts: a claim for many nodes stays pending."""
    base = yaml.safe_load_all((MANIFESTS / "base/storage.yaml").read_text("utf-8"))
    many = {one["metadata"]["name"] for one in base if one["spec"]["accessModes"] == ["ReadWriteMany"]}
    gone = _yaml(MANIFESTS / "azure/no-volume.yaml")["metadata"]["name"]
    patched = yaml.safe_load_all((MANIFESTS / "azure/storage.yaml").read_text("utf-8"))
    assert {one["metadata"]["name"]: one["spec"]["storageClassName"] for one in patched} == dict.fromkeys(
        many - {gone}, "azurefile-csi"
    )


def test_the_documented_env_file_has_every_variable_that_compose_needs_and_git_ignores_it() -> None:
    """A file that each command names, because variables of one shell are missing in the next one and in cron."""
    compose, page = COMPOSE.read_text("utf-8"), (PROJECT / "docs/containers.md").read_text("utf-8")
    needed = set(re.findall(r"\$\{(\w+):\?", compose))
    assert needed == {"POSTGRES_PASSWORD", "ECOM_LAKE_PROJECT"}
    assert set(re.findall(r"\$\{(\w+)", compose)) - needed == {"ECOM_LAKE_VERSION"}, "the image's tag is the only default"
    written = [line for line in page.splitlines() if line.endswith("> compose.env)")]
    assert len(written) == 1
    assert needed <= set(re.findall(r"(\w+)=", written[0]))
    assert not re.search(r"^export ", page, re.M)
    commands = re.findall(r"^docker compose .*", page, re.M)
    assert commands and all(" --env-file compose.env " in command for command in commands)
    assert "/compose.env" in (PROJECT / ".gitignore").read_text("utf-8").split()


def test_copies_of_a_lake_on_azure_are_on_a_volume_and_not_in_memory() -> None:
    made = re.search(r"install --directory .*", DOCKERFILE.read_text("utf-8"))
    assert made
    for name, volume in {"build": "cache", "code": "cache", "serve": "serve_cache"}.items():
        service = services(COMPOSE.read_text("utf-8"))[name]
        assert f"{volume}:{service['environment']['ECOM_LAKE_CACHE']}" in service["volumes"]
        assert service["environment"]["ECOM_LAKE_CACHE"] in made[0].split(), "a new volume gets the owner of the image's folder"


def test_the_image_lets_its_user_read_what_a_checkout_with_a_strict_umask_does_not() -> None:
    """A copied file keeps its mode, which is 0600 with umask 077, and belongs to root."""
    copied = [line for line in DOCKERFILE.read_text("utf-8").splitlines() if re.match(r"COPY deploy/", line)]
    assert copied == ["COPY deploy/dagster /src/dagster"], "the stage of the build makes it readable"
    assert "chmod -R a+rX /src/dagster" in DOCKERFILE.read_text("utf-8")


def test_the_script_of_the_image_refuses_an_unknown_word() -> None:
    run = subprocess.run([PROJECT / "tools/containers.sh", "biuld"], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "biuld" in run.stderr


def _yaml(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return found


def _gigabytes(size: str) -> float:
    found = re.fullmatch(r"(\d+)(m|g|GB|Mi|Gi)", size)
    assert found, size
    return int(found[1]) / (1000 if found[2] in ("m", "Mi") else 1)
