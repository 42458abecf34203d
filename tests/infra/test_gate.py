"""The gate in front of the S3 server, run by nginx itself: what a worker's key may do, and what the owner's may."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from storage import keys
from storage.errors import VoicefarmError
from storage.objects.opening import open_store
from storage.objects.s3 import S3Store
from storage.settings import Settings
from testing.services.s3 import S3Server
from testing.services.server import HOST, Server
from tests.infra.places import INFRA
from tests.infra.tools import run, tool

OWNER = "GK0123456789abcdef01234567"
ATOMS = keys.atom_prefix("0", 16_000)
ATOM = keys.atom_key(ATOMS, 0, 9)
CONVERTED = keys.converted_key(keys.converted_prefix(ATOMS, {}), 0, 9, 0, 9)
PREPARED = keys.shelf_key("voices-0.1.pt")
PACKAGE = keys.package_key("0", "voice.json")
RESULT = keys.result_key(1, "t", "wav")
SOURCE = keys.source_key("0")


class Gate(Server):
    """nginx with our configuration, on different addresses."""

    def __init__(self, folder: Path, s3: S3Server) -> None:
        super().__init__(folder)
        owner = folder / "gate_owner.map"
        owner.write_text(f'"~^AWS4-HMAC-SHA256 Credential={OWNER}/" 1;\n', encoding="utf-8")
        text = (INFRA / "gate/nginx.conf").read_text(encoding="utf-8")
        for ours, here in (
            ("/tmp/", f"{folder}/"), ("listen 3900", f"listen {HOST}:{self.port}"), ("s3:3900", f"{HOST}:{s3.port}"),
            ("/run/secrets/gate_owner.map", str(owner)),
        ):  # fmt: skip
            assert ours in text
            text = text.replace(ours, here)
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(text, encoding="utf-8")

    def command(self) -> Sequence[str]:
        """The command that compose runs."""
        return (tool("nginx"), "-e", "stderr", "-c", str(self.configuration), "-g", "daemon off;")

    def answers(self) -> bool:
        """The health check that compose makes."""
        return run(["curl", "--silent", "--fail", f"http://{HOST}:{self.port}/gate-health"]).returncode == 0


@pytest.fixture(scope="module")
def gate(session_s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    gate = Gate(tmp_path_factory.mktemp("gate"), session_s3)
    gate.start()
    yield gate
    gate.stop()


@pytest.fixture(scope="module")
def through(gate: Gate, session_s3: S3Server) -> Settings:
    """Settings of a worker that goes through the gate, to a bucket that already holds objects."""
    session_s3.empty()
    session_s3.client.create_bucket(Bucket="voicefarm")
    for key in (ATOM, CONVERTED, PREPARED, PACKAGE, RESULT, SOURCE):
        session_s3.client.put_object(Bucket="voicefarm", Key=key, Body=b"there")
    return Settings(
        objects_url="s3://voicefarm", objects_endpoint=f"http://{HOST}:{gate.port}",
        objects_access_key="GKworker", objects_secret_key="secret",
    )  # fmt: skip


@pytest.fixture(scope="module")
def worker(through: Settings) -> S3Store:
    store = open_store(through)
    assert isinstance(store, S3Store)
    return store


@pytest.fixture(scope="module")
def owner(through: Settings) -> S3Store:
    store = open_store(replace(through, objects_access_key=OWNER))
    assert isinstance(store, S3Store)
    return store


def test_a_worker_reads_and_writes_what_its_work_needs(worker: S3Store) -> None:
    for key in (ATOM, CONVERTED, PREPARED, PACKAGE):
        assert worker.get(key) == b"there"
    for key in (CONVERTED, PREPARED, "heard/a/0-1.0-1.b", "doctor/0"):
        worker.put(key, b"new")
        assert worker.get(key) == b"new"
    worker.delete("doctor/0")
    assert worker.find(keys.shelf_key("none")) is None


@pytest.mark.parametrize(
    "key", [PACKAGE, RESULT, SOURCE, ATOM, f"converted/../{PACKAGE}", f"{RESULT}/../../converted/x"]
)
def test_a_worker_writes_nothing_else(worker: S3Store, session_s3: S3Server, key: str) -> None:
    before = session_s3.keys("s3://voicefarm")
    for attempt in (worker.client.put_object, worker.client.delete_object, worker.client.create_multipart_upload):
        with pytest.raises(worker.client.exceptions.ClientError, match=r"403|Forbidden"):
            attempt(Bucket="voicefarm", Key=key)
    assert session_s3.keys("s3://voicefarm") == before


@pytest.mark.parametrize("key", [RESULT, SOURCE])
def test_a_worker_reads_no_recordings_and_no_results(worker: S3Store, key: str) -> None:
    with pytest.raises(VoicefarmError):
        worker.get(key)
    with pytest.raises(worker.client.exceptions.ClientError, match=r"403|Forbidden"):
        worker.client.copy_object(Bucket="voicefarm", Key=CONVERTED, CopySource={"Bucket": "voicefarm", "Key": key})


def test_a_worker_has_no_control_over_the_bucket(worker: S3Store) -> None:
    for attempt in (
        lambda: list(worker.list("")),
        lambda: worker.client.list_objects_v2(Bucket="voicefarm"),
        lambda: worker.client.delete_bucket(Bucket="voicefarm"),
        lambda: worker.client.delete_bucket_lifecycle(Bucket="voicefarm"),
        lambda: worker.client.delete_objects(Bucket="voicefarm", Delete={"Objects": [{"Key": RESULT}]}),
    ):
        with pytest.raises((VoicefarmError, worker.client.exceptions.ClientError)):
            attempt()


@pytest.mark.parametrize("name", ["X-Amz-Algorithm", "x-amz-credential", "X%2dAmz-Algorithm", "%58-Amz-Algorithm"])
def test_a_signature_in_the_address_cannot_hide_behind_a_forged_header(
    gate: Gate, through: Settings, name: str
) -> None:
    address = f"{through.objects_endpoint}/voicefarm/{RESULT}?x-id=PutObject&{name}=AWS4-HMAC-SHA256"
    pretended = f"Authorization: AWS4-HMAC-SHA256 Credential={OWNER}/x"
    said = run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT", "-H", pretended, address])
    assert said.stdout == "403"


def test_the_owner_may_do_everything(owner: S3Store, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(bytes(17 * 1024 * 1024))
    owner.put_file(RESULT, big)
    owner.put(PACKAGE, b"new")
    assert {stored.key for stored in owner.list("")} >= {RESULT, PACKAGE, SOURCE}
    assert owner.open(RESULT).read(5) == bytes(5)
    owner.delete(RESULT)
