from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.infra.places import INFRA

yaml: Any = import_module("yaml")
COMPOSE: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"migrate", "bucket"}
#: The longest atom is 30 s of audio; no machine worth its place takes longer than real time for it.
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
def test_it_comes_back_unless_it_is_meant_to_end(name: str) -> None:
    assert SERVICES[name]["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")


@pytest.mark.parametrize("name", ["studio", "cpu-worker", "cuda-worker"])
def test_an_atom_in_hand_is_finished(name: str) -> None:
    assert _seconds(SERVICES[name]["stop_grace_period"]) > 2 * LONGEST_ATOM


@pytest.mark.parametrize("name", ["cpu-worker", "cuda-worker"])
def test_workers_have_nothing_to_do_with_sql(name: str) -> None:
    assert "VOICEFARM_DATABASE_URL" not in SERVICES[name]["environment"]
    assert "sql" not in SERVICES[name]["networks"]
    assert "worker:" in SERVICES[name]["environment"]["VOICEFARM_BROKER_URL"]


def test_only_the_broker_and_the_object_store_may_be_opened() -> None:
    published = {name: port for name, s in SERVICES.items() for port in s.get("ports", [])}
    assert published.pop("flower").startswith("127.0.0.1:")
    assert set(published) == {"redis", "s3"}
    assert all(port.startswith("${FARM_BIND:-127.0.0.1}:") for port in published.values())


def test_images_are_pinned() -> None:
    for service in SERVICES.values():
        assert Path(service["image"]).name.partition(":")[2] not in {"", "latest"}
