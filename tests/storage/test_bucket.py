"""Any bucket: found, listed, read, written and copied on a real S3 server, or refused in one sentence."""

import io
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from boto3.s3.transfer import TransferConfig

from storage.errors import InputError, ObjectMissing
from storage.objects import carrying
from storage.objects.address import Address, read_place
from storage.objects.bucket import Bucket, Found
from storage.objects.carrying import give_out, hash_object, take_in
from storage.objects.folder import FolderStore
from storage.objects.opening import open_store
from storage.objects.reach import Reach
from storage.objects.store import ObjectStore
from storage.settings import Settings
from testing.services.s3 import LISTED_AT_ONCE, S3Server
from testing.services.server import free_port
from tests.storage.crooked_s3 import Answer, Asked, in_between

DENIED = Answer(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
CONTENT = b"a recording, as far as anybody here knows" * 100


@pytest.fixture
def server(s3_server: S3Server) -> S3Server:
    s3_server.client.create_bucket(Bucket="mine")
    return s3_server


@pytest.fixture
def settings(server: S3Server, s3_fields: dict[str, str], build_settings: Callable[..., Settings]) -> Settings:
    """A farm whose store is on the server."""
    return build_settings(**s3_fields)


@pytest.fixture
def bucket(settings: Settings) -> Bucket:
    return Reach(settings).bucket(address("s3://mine/"))


def address(text: str) -> Address:
    place = read_place(text)
    assert isinstance(place, Address)
    return place


def found_in(bucket: Bucket, key: str) -> Found:
    found = bucket.find(key)
    assert found is not None
    return found


def put(server: S3Server, key: str, content: bytes = CONTENT) -> None:
    server.client.put_object(Bucket="mine", Key=key, Body=content)


def put_with_hash(server: S3Server, key: str) -> None:
    server.client.put_object(Bucket="mine", Key=key, Body=CONTENT, ChecksumAlgorithm="SHA256")


def test_objects_have_any_keys(server: S3Server, bucket: Bucket) -> None:
    for key in ("plain", "a//b", ".hidden/x y", "ä/ö#?.wav", "../up"):
        put(server, key)
        assert bucket.open(found_in(bucket, key)).read() == CONTENT
    assert {found.key for found in bucket.list("")} == {"plain", "a//b", ".hidden/x y", "ä/ö#?.wav", "../up"}
    assert bucket.find("other") is None


def test_a_long_listing_is_whole(server: S3Server, bucket: Bucket) -> None:
    for number in range(LISTED_AT_ONCE + 1):
        put(server, f"in/{number:03}", b"x")
    assert [found.key for found in bucket.list("in/")] == [f"in/{n:03}" for n in range(LISTED_AT_ONCE + 1)]


def test_an_object_that_is_replaced_while_it_is_read_is_refused(server: S3Server, bucket: Bucket) -> None:
    put(server, "a.wav")
    found = found_in(bucket, "a.wav")
    put(server, "a.wav", CONTENT[::-1])
    with pytest.raises(InputError, match=r"s3://mine/a\.wav was replaced while it was read"):
        bucket.open(found).read()


def test_what_is_written_is_whole_or_not_there(bucket: Bucket) -> None:
    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise InputError("the source broke")

    bucket.put("out/a.wav", io.BytesIO(CONTENT))
    assert found_in(bucket, "out/a.wav").size == len(CONTENT)
    with pytest.raises(InputError, match="the source broke"):
        bucket.put("out/b.wav", Breaks(CONTENT))
    assert bucket.find("out/b.wav") is None


def test_trying_to_write_leaves_nothing(server: S3Server, bucket: Bucket) -> None:
    bucket.try_writing("out/")
    assert list(bucket.list("")) == []
    assert not server.client.list_multipart_uploads(Bucket="mine").get("Uploads")


def test_a_missing_bucket_and_a_silent_server_are_told_apart(settings: Settings, server: S3Server) -> None:
    with pytest.raises(InputError, match=f"there is no bucket none at {server.endpoint}; check its name"):
        Reach(settings).bucket(address("s3://none/")).find("a.wav")
    with pytest.raises(InputError, match="there is no bucket none"):
        list(Reach(settings).bucket(address("s3://none/")).list("in/"))
    away = replace(settings, objects_endpoint=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(InputError, match=r"the server does not answer for s3://mine/a\.wav"):
        Reach(away).bucket(address("s3://mine/")).find("a.wav")


def test_without_keys_it_is_said_which_to_set(build_settings: Callable[..., Settings]) -> None:
    with pytest.raises(InputError, match=r"there are no keys for s3://mine/a\.wav"):
        Reach(build_settings()).bucket(address("s3://mine/")).find("a.wav")


def test_a_bucket_elsewhere_is_opened_by_what_aws_tools_use(
    server: S3Server, build_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(server, "a.wav")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    bucket = Reach(build_settings()).bucket(address("s3://mine/"))
    assert found_in(bucket, "a.wav").size == len(CONTENT)
    assert bucket.farms_client is None


def test_a_whole_objects_hash_is_taken_from_the_server(server: S3Server, bucket: Bucket) -> None:
    digest = sha256(CONTENT).digest()
    put_with_hash(server, "known.wav")
    put(server, "unknown.wav")
    assert found_in(bucket, "known.wav").sha256 == digest.hex()
    assert found_in(bucket, "unknown.wav").sha256 is None
    assert hash_object(bucket, found_in(bucket, "unknown.wav")) == digest.hex()


@pytest.fixture(params=["the same server", "another server", "a folder"])
def store(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ObjectStore:
    """A store on the bucket's server, and stores that objects must pass through this machine for."""
    if request.param == "a folder":
        return FolderStore(tmp_path / "objects")
    if request.param == "another server":
        monkeypatch.setattr(Bucket, "farms_client", None)
    return open_store(settings)


@pytest.mark.parametrize("is_known", [True, False])
def test_an_object_is_taken_in_under_its_hash(
    server: S3Server, bucket: Bucket, store: ObjectStore, tmp_path: Path, is_known: bool
) -> None:
    digest = sha256(CONTENT).digest()
    (put_with_hash if is_known else put)(server, "a.wav")
    scratch = tmp_path / "scratch"
    found = found_in(bucket, "a.wav")
    assert take_in(store, bucket, found, lambda told: f"sources/{told}", scratch) == digest.hex()
    assert store.get(f"sources/{digest.hex()}") == CONTENT
    store.delete(f"sources/{digest.hex()}")
    assert take_in(store, bucket, found, lambda told: None, scratch) == digest.hex()
    assert list(store.list("")) == []
    assert list(scratch.iterdir()) == []


def test_a_result_is_given_out_whole(bucket: Bucket, store: ObjectStore) -> None:
    store.put("results/1.wav", CONTENT)
    bucket.find("out/1.wav")
    give_out(store, "results/1.wav", bucket, "out/1.wav")
    assert bucket.open(found_in(bucket, "out/1.wav")).read() == CONTENT
    with pytest.raises(ObjectMissing):
        give_out(store, "results/2.wav", bucket, "out/2.wav")
    assert bucket.find("out/2.wav") is None


def test_what_may_be_read_but_not_copied_is_streamed(server: S3Server, settings: Settings, tmp_path: Path) -> None:
    def refuse_copies(asked: Asked, given: Answer) -> Answer:
        return DENIED if "x-amz-copy-source" in {name.lower() for name in asked.headers} else given

    put(server, "a.wav")
    with in_between(server, refuse_copies) as endpoint:
        settings = replace(settings, objects_endpoint=endpoint)
        bucket, store = Reach(settings).bucket(address("s3://mine/")), open_store(settings)
        told = take_in(store, bucket, found_in(bucket, "a.wav"), lambda told: f"sources/{told}", tmp_path)
        assert store.get(f"sources/{told}") == CONTENT
        give_out(store, f"sources/{told}", bucket, "b.wav")
        assert bucket.open(found_in(bucket, "b.wav")).read() == CONTENT


def test_what_these_keys_may_not_is_one_sentence(server: S3Server, settings: Settings) -> None:
    with in_between(server, lambda asked, _: DENIED) as endpoint:
        bucket = Reach(replace(settings, objects_endpoint=endpoint)).bucket(address("s3://mine/"))
        with pytest.raises(InputError, match=r"these keys may not use s3://mine/a\.wav at .* \(403"):
            bucket.find("a.wav")
        with pytest.raises(InputError, match=r"these keys may not use s3://mine/in/ at .* \(403 AccessDenied\); check"):
            list(bucket.list("in/"))


def test_a_very_long_object_is_copied_in_parts(
    server: S3Server, bucket: Bucket, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "COPYING", TransferConfig(multipart_threshold=1, multipart_chunksize=5 << 20))
    content = bytes(6 << 20)
    put(server, "long.wav", content)
    store = open_store(settings)
    take_in(store, bucket, found_in(bucket, "long.wav"), lambda _: "sources/long", tmp_path)
    assert store.get("sources/long") == content
    copied = server.client.head_object(Bucket=settings.objects_url.split("/")[2], Key="studio/a/sources/long")
    assert copied["ETag"].endswith('-2"')


def test_what_is_copied_on_the_server_does_not_pass_through_here(
    server: S3Server, bucket: Bucket, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = sha256(CONTENT).digest()
    put_with_hash(server, "a.wav")
    store = open_store(settings)
    found = found_in(bucket, "a.wav")
    fetched: list[object] = []
    bucket.farms_client.meta.events.register(  # type: ignore[union-attr]
        "provide-client-params.s3.GetObject", lambda **_: fetched.append(1)
    )
    take_in(store, bucket, found, lambda told: f"sources/{told}", tmp_path)
    assert store.find(f"sources/{digest.hex()}") is not None
    assert fetched == []


def test_the_farms_own_objects_are_known(settings: Settings) -> None:
    store = settings.objects_url
    inside = {
        key: Reach(settings).is_inside_store(address(f"{store}/{key}")) for key in ("sources/a", "results/", "out/")
    }
    assert inside == {"sources/a": True, "results/": True, "out/": False}
    whole = replace(settings, objects_url="s3://farm")
    told = {
        key: Reach(whole).is_inside_store(address(key))
        for key in ("s3://farm/atoms/x", "s3://farm/out/x", "s3://b/atoms/x")
    }
    assert told == {"s3://farm/atoms/x": True, "s3://farm/out/x": False, "s3://b/atoms/x": False}
    assert not Reach(replace(settings, objects_url="")).is_inside_store(address("s3://farm/atoms/x"))
