"""A server's answers are not trusted blindly: truncated, empty or foreign ones end in a sentence."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.errors import ObjectMissing, ObjectStoreError, ObjectStoreRefused, VoicefarmError
from storage.objects.opening import open_store
from storage.objects.ranged import TRIES, RangedReader
from storage.objects.store import ObjectStore
from storage.settings import Settings
from testing.services.s3 import S3Server, bucket_of
from testing.services.server import HOST, free_port
from tests.storage.crooked_s3 import Answer, Asked, in_between, serving
from tests.storage.test_objects_s3_refusals import check_told, every_action

Build = Callable[..., Settings]
Bend = Callable[[Asked, Answer], Answer]
SIZE = RangedReader.BLOCK + 100_000
CONTENT = os.urandom(SIZE)
PAGE = b"<html><body>Please log in<br></body></html>"


def is_part(asked: Asked) -> bool:
    return asked.method == "GET" and any(name.lower() == "range" for name in asked.headers)


def broken_off(given: Answer, kept: int) -> Answer:
    """The connection breaks after this many bytes of the body."""
    return replace(given, body=given.body[:kept])


def shortened(given: Answer, kept: int) -> Answer:
    """The body is shorter, and its stated length matches."""
    return replace(given, headers={**given.headers, "Content-Length": str(kept)}, body=given.body[:kept])


@pytest.mark.parametrize("cut", [broken_off, shortened])
def test_a_truncated_part_is_requested_again_from_where_it_broke_off(
    build_settings: Build, s3_server: S3Server, s3_fields: dict[str, str], cut: Callable[[Answer, int], Answer]
) -> None:
    asked_for: list[str] = []

    def bend(asked: Asked, given: Answer) -> Answer:
        if not is_part(asked):
            return given
        asked_for.append(next(value for name, value in asked.headers.items() if name.lower() == "range"))
        return cut(given, 1_000_000) if len(asked_for) < TRIES else given

    open_store(build_settings(**s3_fields)).put("big", CONTENT)
    with in_between(s3_server, bend) as endpoint:
        store = open_store(build_settings(**{**s3_fields, "objects_endpoint": endpoint}))
        with store.open("big") as file:
            assert file.read() == CONTENT
    assert asked_for[:2] == ["bytes=0-4194303", "bytes=1000000-4194303"]


@pytest.mark.parametrize("cut", [broken_off, shortened])
def test_a_part_that_never_arrives_whole_is_not_taken_for_the_end(
    build_settings: Build, s3_server: S3Server, s3_fields: dict[str, str], cut: Callable[[Answer, int], Answer]
) -> None:
    def bend(asked: Asked, given: Answer) -> Answer:
        return cut(given, 10) if is_part(asked) else given

    open_store(build_settings(**s3_fields)).put("big", CONTENT)
    with in_between(s3_server, bend) as endpoint:
        store = open_store(build_settings(**{**s3_fields, "objects_endpoint": endpoint}))
        with (
            store.open("big") as file,
            pytest.raises(ObjectStoreError, match=f"sent {TRIES}0 bytes of big from byte 0 on, but 4194304 were asked"),
        ):
            file.read()


def test_a_block_that_could_not_be_fetched_leaves_no_wrong_data_behind() -> None:
    away = [False]

    def fetch(start: int, stop: int) -> bytes:
        if away[0]:
            raise ObjectStoreError("away")
        return CONTENT[start:stop]

    reader = RangedReader(SIZE, fetch)
    assert reader.read(10) == CONTENT[:10]
    reader.seek(RangedReader.BLOCK)
    away[0] = True
    for _ in range(2):
        with pytest.raises(ObjectStoreError, match="away"):
            reader.read(10)
    away[0] = False
    assert reader.read(10) == CONTENT[RangedReader.BLOCK :][:10]


def test_reading_at_several_places_by_turns_fetches_each_block_once() -> None:
    fetched: list[int] = []

    def fetch(start: int, stop: int) -> bytes:
        fetched.append(start)
        return bytes(stop - start)

    block = RangedReader.BLOCK
    reader = RangedReader(8 * block, fetch)
    for step in range(10):
        for place in (0, 3 * block, 5 * block):
            reader.seek(place + 100 * step)
            assert len(reader.read(100)) == 100
    assert fetched == [0, 3 * block, 5 * block]
    reader.seek(7 * block)
    reader.read(1)
    reader.seek(0)
    reader.read(1)
    assert fetched[3:] == [7 * block, 0], "more blocks are kept than there may be"


def test_more_bytes_than_requested_are_refused() -> None:
    with pytest.raises(ObjectStoreError, match="sent 150000 bytes of an object from byte 0 on, but 100000 were asked"):
        RangedReader(100_000, lambda _start, _stop: CONTENT[:150_000]).read(5)


def test_a_server_without_range_requests_is_reported(
    build_settings: Build, s3_server: S3Server, s3_fields: dict[str, str]
) -> None:
    def bend(asked: Asked, given: Answer) -> Answer:
        return Answer(200, {**given.headers, "Content-Length": str(SIZE)}, CONTENT) if is_part(asked) else given

    open_store(build_settings(**s3_fields)).put("big", CONTENT)
    with in_between(s3_server, bend) as endpoint:
        store = open_store(build_settings(**{**s3_fields, "objects_endpoint": endpoint}))
        for place in (0, RangedReader.BLOCK):
            with store.open("big") as file:
                file.seek(place)
                with pytest.raises(ObjectStoreRefused, match="a part of an object and sent another"):
                    file.read(10)


def test_parts_share_one_connection(build_settings: Build, s3_server: S3Server, s3_fields: dict[str, str]) -> None:
    store: Any = open_store(build_settings(**s3_fields))
    store.put("big", CONTENT)
    with store.open("big") as file:
        file.read()
    pool = next(iter(store.client._endpoint.http_session._manager.pools._container.values()))
    assert (pool.num_connections, pool.num_requests) == (1, 4)


def test_a_truncated_object_is_an_error(build_settings: Build, s3_server: S3Server, s3_fields: dict[str, str]) -> None:
    def bend(asked: Asked, given: Answer) -> Answer:
        return broken_off(given, 1000) if asked.method == "GET" else given

    open_store(build_settings(**s3_fields)).put("big", CONTENT)
    with in_between(s3_server, bend) as endpoint:
        store = open_store(build_settings(**{**s3_fields, "objects_endpoint": endpoint}))
        with pytest.raises(ObjectStoreError, match=r"does not answer for .*1000 .*read"):
            store.get("big")


def test_an_object_sent_without_its_length_is_not_trusted(
    build_settings: Build, s3_server: S3Server, s3_fields: dict[str, str]
) -> None:
    def bend(_asked: Asked, given: Answer) -> Answer:
        kept = {name: value for name, value in given.headers.items() if name.lower() != "content-length"}
        return replace(given, headers=kept, body=given.body[:1000], counted=False)

    open_store(build_settings(**s3_fields)).put("big", CONTENT)
    with in_between(s3_server, bend) as endpoint:
        store = open_store(build_settings(**{**s3_fields, "objects_endpoint": endpoint}))
        with pytest.raises(ObjectStoreRefused, match="without its length"):
            store.get("big")


def settings_of(build_settings: Build, endpoint: str, **others: str) -> Settings:
    keys = {"objects_access_key": "a", "objects_secret_key": "s3cr3t"}
    return build_settings(**{"objects_url": "s3://farm/a", "objects_endpoint": endpoint, **keys, **others})


def test_a_web_page_is_not_taken_for_an_object(build_settings: Build, tmp_path: Path) -> None:
    headers = {"Content-Type": "text/html; charset=utf-8", "ETag": '"1"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00"}
    with serving(lambda _: Answer(200, headers, PAGE)) as endpoint:
        store = open_store(settings_of(build_settings, endpoint))
        check_told(every_action(store, tmp_path / "file"), "does not speak S3", ObjectStoreRefused)


def test_an_empty_answer_does_not_count_as_stored(build_settings: Build, tmp_path: Path) -> None:
    with serving(lambda _: Answer()) as endpoint:
        store = open_store(settings_of(build_settings, endpoint))
        uploads = every_action(store, tmp_path / "file")[:2]
        check_told(uploads, "its answer to PutObject lacks ETag", ObjectStoreRefused)


def listing(entry: str) -> bytes:
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{entry}</ListBucketResult>".encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html><body>no list</body></html>",
        b"<ListBucketResult><IsTrunc",
        listing("<Contents><Size>1</Size><LastModified>2020-01-01T00:00:00Z</LastModified></Contents>"),
        listing("<Contents><Key>a/b</Key><Size>1</Size></Contents>"),
        listing("<Contents><Key>a/b</Key><Size>x</Size><LastModified>2020-01-01T00:00:00Z</LastModified></Contents>"),
        listing("<Contents><Key>a/b</Key><Size>1</Size><LastModified>yesterday</LastModified></Contents>"),
    ],
    ids=["empty", "json", "page", "cut", "no key", "no time", "size in words", "time in words"],
)
def test_an_unreadable_listing_is_not_taken_for_an_empty_one(build_settings: Build, body: bytes) -> None:
    with serving(lambda _: Answer(200, {"Content-Type": "application/xml"}, body)) as endpoint:
        store = open_store(settings_of(build_settings, endpoint))
        # boto3 reports anything but XML as a server error.
        with pytest.raises(ObjectStoreError, match=r"does not speak S3|does not answer for .*\(500\)"):
            list(store.list(""))


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Length": "5"}, {"Content-Length": "5", "Last-Modified": "yesterday"}],
    ids=["none", "no time", "time in words"],
)
def test_an_object_without_size_or_time_is_not_trusted(build_settings: Build, headers: dict[str, str]) -> None:
    with serving(lambda _: Answer(200, headers, counted=False)) as endpoint:
        store = open_store(settings_of(build_settings, endpoint))
        check_told([lambda: store.find("key"), lambda: store.open("key")], "does not speak S3", ObjectStoreRefused)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_reported(build_settings: Build, tmp_path: Path, status: int) -> None:
    headers = {"Location": "https://elsewhere.invalid/login", "Content-Type": "text/html"}
    with serving(lambda _: Answer(status, headers, PAGE)) as endpoint:
        store = open_store(settings_of(build_settings, endpoint))
        sentence = rf"redirects elsewhere \({status}\); check VOICEFARM_OBJECTS_ENDPOINT"
        check_told(every_action(store, tmp_path / "file"), sentence, ObjectStoreRefused)


def test_folder_markers_are_not_objects(build_settings: Build, s3_server: S3Server, s3_fields: dict[str, str]) -> None:
    store = open_store(build_settings(**s3_fields))
    store.put("atoms/one", b"x")
    for name in ("atoms/", "atoms//one", ".hidden"):
        s3_server.client.put_object(Bucket=bucket_of(s3_fields["objects_url"]), Key=f"studio/a/{name}", Body=b"")
    assert [stored.key for stored in store.list("")] == ["atoms/one"]


def everything_told(store: ObjectStore, source: Path) -> str:
    told = []
    for action in every_action(store, source):
        with pytest.raises(ObjectStoreError) as error:
            action()
        told.append(str(error.value))
    return " ".join(told)


def test_a_password_in_the_endpoint_is_never_shown(build_settings: Build, tmp_path: Path) -> None:
    endpoint = f"http://ada:hunter2@{HOST}:{free_port()}"
    told = everything_told(open_store(settings_of(build_settings, endpoint)), tmp_path / "file")
    assert "hunter2" not in told
    assert f"ada:***@{HOST}" in told


@pytest.mark.parametrize("endpoint", ["http://ada:hun/ter2@host:9000", "http://ada:hunter2@host:port", "ada:hunter2@h"])
def test_a_password_in_a_malformed_endpoint_is_never_shown(build_settings: Build, endpoint: str) -> None:
    with pytest.raises(VoicefarmError, match="VOICEFARM_OBJECTS_ENDPOINT") as told:
        open_store(settings_of(build_settings, endpoint)).find("key")
    assert "hun" not in str(told.value)
    assert "ter2" not in str(told.value)


def test_missing_access_keys_are_reported_as_such(build_settings: Build, tmp_path: Path) -> None:
    fields = {"objects_access_key": "", "objects_secret_key": ""}
    store = open_store(settings_of(build_settings, "http://127.0.0.1:9", **fields))
    told = everything_told(store, tmp_path / "file")
    assert told.count("set VOICEFARM_OBJECTS_ACCESS_KEY and VOICEFARM_OBJECTS_SECRET_KEY") == 7
    assert "VOICEFARM_OBJECTS_URL" not in told


@pytest.mark.parametrize("bucket", ["a", "UPPER CASE", "under$score"])
def test_an_impossible_bucket_name_is_reported(build_settings: Build, s3_fields: dict[str, str], bucket: str) -> None:
    store = open_store(build_settings(**{**s3_fields, "objects_url": f"s3://{bucket}"}))
    with pytest.raises(ObjectStoreRefused, match="correct VOICEFARM_OBJECTS_URL") as told:
        store.find("key")
    assert not isinstance(told.value, ObjectMissing)
    assert "\n" not in str(told.value)
