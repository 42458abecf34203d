import re
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.infra.places import INFRA
from tests.infra.secrets import fresh_copy, make
from tests.infra.tools import run, tool

yaml: Any = import_module("yaml")
COMPOSE: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"migrate", "bucket"}
#: The longest atom is 30 s of audio; no machine worth using converts it slower than real time.
LONGEST_ATOM = 30

each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def _seconds(text: str) -> int:
    return int(text[:-1]) * {"s": 1, "m": 60}[text[-1]]


@each_service
def test_what_it_is_built_from_exists(name: str) -> None:
    if build := SERVICES[name].get("build"):
        context = INFRA / build["context"]
        dockerfile = context / build["dockerfile"]
        assert dockerfile.is_file()
        assert dockerfile.with_name(dockerfile.name + ".dockerignore").is_file()
        for line in dockerfile.read_text(encoding="utf-8").splitlines():
            if line.startswith("COPY ") and "--from" not in line:
                missing = [s for s in line.split()[1:-1] if not (context / s).exists()]
                assert not missing, f"{dockerfile.name} copies {missing}, which the repository lacks"


@each_service
def test_what_it_mounts_exists(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        source = mount.partition(":")[0]
        if source.startswith("."):
            assert (INFRA / source).exists()
        else:
            assert source in COMPOSE["volumes"]


@each_service
def test_what_it_waits_for_can_happen(name: str) -> None:
    for other, wanted in SERVICES[name].get("depends_on", {}).items():
        if wanted["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert wanted["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no"


@each_service
def test_it_restarts_unless_it_is_meant_to_end(name: str) -> None:
    assert SERVICES[name]["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")


@pytest.mark.parametrize("name", ["studio", "cpu-worker", "cuda-worker"])
def test_there_is_time_to_finish_an_atom_in_hand(name: str) -> None:
    assert _seconds(SERVICES[name]["stop_grace_period"]) > 2 * LONGEST_ATOM


@pytest.mark.parametrize("name", ["cpu-worker", "cuda-worker"])
def test_workers_have_nothing_to_do_with_sql(name: str) -> None:
    assert SERVICES[name]["networks"] == ["farm"]
    assert SERVICES[name]["secrets"] == [{"source": "worker", "target": "voicefarm.toml"}]


def test_only_the_broker_and_the_object_store_may_be_published() -> None:
    published = {name: port for name, s in SERVICES.items() for port in s.get("ports", [])}
    assert published.pop("flower").startswith("127.0.0.1:")
    assert published.pop("metrics").startswith("127.0.0.1:")
    assert set(published) == {"redis", "gate"}
    assert all(port.startswith("${FARM_BIND:-127.0.0.1}:") for port in published.values())


@each_service
def test_every_container_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "it runs as root"
    assert re.fullmatch(r"\d+[mg]|\$\{[A-Z_]+:-\d+g\}", service["mem_limit"])
    assert service["pids_limit"] > 0


@each_service
def test_docker_inspect_shows_no_password(name: str) -> None:
    shown = {k: v for k, v in SERVICES[name].items() if k in {"environment", "command", "healthcheck", "labels"}}
    asked = re.findall(r"\$\{(\w+)", str(shown))
    assert set(asked) <= {"FARM_LOG_LEVEL", "S3_BUCKET", "WORKER_TAGS"}
    assert not re.search(r"://[^/@']*:[^/@']*@", str(shown))
    for variable in SERVICES[name].get("environment", {}):
        assert not re.search(r"PASSWORD|SECRET|TOKEN|KEY|AUTH", variable) or variable.endswith("_FILE")


@each_service
def test_secrets_that_it_is_given_are_declared(name: str) -> None:
    for secret in SERVICES[name].get("secrets", []):
        assert (secret if isinstance(secret, str) else secret["source"]) in COMPOSE["secrets"]


@each_service
def test_images_are_named_by_exact_version(name: str) -> None:
    image = SERVICES[name]["image"]
    if "build" not in SERVICES[name]:
        assert re.search(r":\d+\.\d+\.?\d*-alpine\d+\.\d+$", image), image


def _compose(infra: Path, *arguments: str) -> "CompletedProcess[str]":
    """Runs compose on a copy of infra/; the compose in Debian 12 does not allow a file to name its project."""
    own = infra / "compose.yaml"
    own.write_text(own.read_text(encoding="utf-8").replace("\nname: voicefarm\n", "\n"), encoding="utf-8")
    return run([tool("docker-compose"), "--project-directory", infra, "-f", own, *arguments], cwd=infra)


def test_compose_understands_it(tmp_path: Path) -> None:
    infra = fresh_copy(tmp_path)
    make(infra)
    said = _compose(infra, "--profile", "cuda", "config")
    assert said.returncode == 0, said.stderr
    resolved = yaml.safe_load(said.stdout)
    assert set(resolved["services"]) == set(SERVICES)
    for secret in resolved["secrets"].values():
        assert Path(secret["file"]).is_file()


def test_without_passwords_compose_says_how_to_make_them(tmp_path: Path) -> None:
    infra = fresh_copy(tmp_path)
    (infra / ".env").write_text((infra / "env.example").read_text(encoding="utf-8"), encoding="utf-8")
    said = _compose(infra, "config")
    assert said.returncode != 0
    assert "run ./secrets.sh first" in said.stderr
