"""What a server that speaks S3 may refuse, and what people are then told."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from storage.errors import NoSpace, ObjectMissing, ObjectStoreError, ObjectStoreRefused, ServiceError, SettingsError
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.settings import Settings
from testing.services.server import HOST, free_port
from tests.storage.crooked_s3 import Answer, Asked, serving

Build = Callable[..., Settings]
#: Seconds within which people must be told that the store cannot be used.
QUICKLY = 15.0


def every_action(store: ObjectStore, source: Path) -> list[Callable[[], object]]:
    source.write_bytes(b"x")
    return [
        lambda: store.put("key", b"x"),
        lambda: store.put_file("key", source),
        lambda: store.get("key"),
        lambda: store.open("key"),
        lambda: store.find("key"),
        lambda: list(store.list("")),
        lambda: store.delete("key"),
    ]


def check_told(
    actions: list[Callable[[], object]], sentence: str, kind: type[ServiceError] = ObjectStoreError
) -> list[ServiceError]:
    errors: list[ServiceError] = []
    for action in actions:
        start = time.monotonic()
        with pytest.raises(kind, match=sentence) as told:
            action()
        assert not isinstance(told.value, ObjectMissing)
        assert time.monotonic() - start < QUICKLY
        errors.append(told.value)
    return errors


@contextmanager
def server_that_says(status: int, code: str) -> Iterator[str]:
    """The endpoint of a server that gives one answer to every request."""

    def answer(asked: Asked) -> Answer:
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        return Answer(status, body=b"" if asked.method == "HEAD" else body)

    with serving(answer) as endpoint:
        yield endpoint


def test_a_missing_bucket_is_reported_and_not_taken_for_an_empty_one(
    build_settings: Build, s3_fields: dict[str, str], tmp_path: Path
) -> None:
    for action in range(7):
        store = open_store(build_settings(**{**s3_fields, "objects_url": "s3://nobody-made-this/prefix"}))
        with pytest.raises(ObjectStoreError, match=r"there is no bucket nobody-made-this at http.*; create it") as told:
            every_action(store, tmp_path / "file")[action]()
        assert not isinstance(told.value, ObjectMissing)


def test_a_server_that_is_down_is_reported_quickly(
    build_settings: Build, s3_fields: dict[str, str], tmp_path: Path
) -> None:
    fields = {**s3_fields, "objects_endpoint": f"http://{HOST}:{free_port()}"}
    check_told(
        every_action(open_store(build_settings(**fields)), tmp_path / "file"),
        "does not answer for .*that the server runs",
    )


def test_a_host_that_does_not_exist_is_reported_quickly(
    build_settings: Build, s3_fields: dict[str, str], tmp_path: Path
) -> None:
    fields = {**s3_fields, "objects_endpoint": "http://store.invalid:9000"}
    check_told(
        every_action(open_store(build_settings(**fields)), tmp_path / "file"), "does not answer for .*store.invalid"
    )


@pytest.mark.parametrize(
    ("status", "code", "kind", "sentence"),
    [
        (401, "Unauthorized", ObjectStoreRefused, "refuses access .*check VOICEFARM_OBJECTS_ACCESS_KEY"),
        (403, "InvalidAccessKeyId", ObjectStoreRefused, "refuses access .*check VOICEFARM_OBJECTS_ACCESS_KEY"),
        (403, "AccessDenied", ObjectStoreRefused, "refuses access .*the rights they have"),
        (400, "InvalidBucketName", ObjectStoreRefused, "there is no bucket farm|refuses access"),
        (507, "XMinioStorageFull", NoSpace, "the disks behind bucket farm .*are full"),
        (503, "SlowDown", ObjectStoreError, r"does not answer for bucket farm .*\(503"),
        (500, "InternalError", ObjectStoreError, r"does not answer for bucket farm .*\(500"),
        (502, "", ObjectStoreError, r"does not answer for bucket farm .*\(502"),
        (429, "TooManyRequests", ObjectStoreError, r"does not answer for bucket farm .*\(429"),
    ],
)
def test_a_servers_refusal_is_reported(
    build_settings: Build, tmp_path: Path, status: int, code: str, kind: type[ServiceError], sentence: str
) -> None:
    with server_that_says(status, code) as endpoint:
        fields = {"objects_url": "s3://farm", "objects_endpoint": endpoint, "objects_access_key": "a"}
        store = open_store(build_settings(**fields, objects_secret_key="s3cr3t"))
        uploading, finding = every_action(store, tmp_path / "file")[1:5:3]
        told = check_told([uploading, finding], sentence, kind)
    # Temporary faults are told apart from those that waiting cannot cure.
    assert {type(error) for error in told} == {kind}


def test_clocks_that_differ_are_reported_and_waited_for(build_settings: Build) -> None:
    with server_that_says(403, "RequestTimeTooSkewed") as endpoint:
        fields = {"objects_url": "s3://farm", "objects_endpoint": endpoint, "objects_access_key": "a"}
        store = open_store(build_settings(**fields, objects_secret_key="s3cr3t"))
        told = check_told([lambda: store.get("key")], "the clocks of this machine and of bucket farm .*set them right")
    assert {type(error) for error in told} == {ObjectStoreError}


def test_missing_access_keys_are_reported(build_settings: Build, s3_fields: dict[str, str], tmp_path: Path) -> None:
    fields = {**s3_fields, "objects_access_key": "", "objects_secret_key": ""}
    check_told(
        every_action(open_store(build_settings(**fields)), tmp_path / "file"),
        "Unable to locate credentials.*set VOICEFARM_OBJECTS_ACCESS_KEY",
    )


@pytest.mark.parametrize(
    "fields",
    [{"objects_endpoint": "not a url"}, {"objects_endpoint": "store:9000"}, {"objects_secret_key": ""}],
    ids=["words", "no scheme", "half a key"],
)
def test_settings_that_boto3_cannot_use_are_refused(
    build_settings: Build, s3_fields: dict[str, str], fields: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match="check VOICEFARM_OBJECTS_ENDPOINT"):
        open_store(build_settings(**{**s3_fields, **fields}))


def test_the_cause_behind_a_sentence_is_kept_for_debugging(build_settings: Build, s3_fields: dict[str, str]) -> None:
    with pytest.raises(ObjectMissing) as told:
        open_store(build_settings(**s3_fields)).get("key")
    assert isinstance(told.value.__cause__, ClientError)
