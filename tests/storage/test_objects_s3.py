"""What a server that speaks S3 is asked for, and how little."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.errors import ObjectMissing, ObjectStoreError
from storage.objects.opening import open_store
from storage.objects.s3 import PART_BYTES, S3Store
from storage.settings import Settings
from testing.services.s3 import S3Server

Build = Callable[..., Settings]


def opened(settings: Settings) -> S3Store:
    store = open_store(settings)
    assert isinstance(store, S3Store)
    return store


def test_objects_are_stored_below_the_prefix(
    build_settings: Build, s3_server: S3Server, s3_fields: dict[str, str]
) -> None:
    store = opened(build_settings(**s3_fields))
    store.put("atoms/one", b"x")
    assert s3_server.keys(s3_fields["objects_url"]) == ["studio/a/atoms/one"]


def test_a_neighbours_objects_are_not_seen(build_settings: Build, s3_fields: dict[str, str]) -> None:
    whole = {**s3_fields, "objects_url": s3_fields["objects_url"].removesuffix("/studio/a")}
    everything = opened(build_settings(**whole))
    everything.put("studio/abc", b"x")
    assert list(opened(build_settings(**s3_fields)).list("")) == []
    assert [stored.key for stored in everything.list("")] == ["studio/abc"]


def test_a_big_file_goes_up_in_parts(build_settings: Build, s3_server: S3Server, s3_fields: dict[str, str],
                                     tmp_path: Path) -> None:  # fmt: skip
    store = opened(build_settings(**s3_fields))
    (tmp_path / "file").write_bytes(bytes(PART_BYTES + 1))
    store.put_file("big", tmp_path / "file")
    head = s3_server.client.head_object(Bucket=store.bucket, Key="studio/a/big")
    assert head["ETag"].strip('"').endswith("-2")


def test_an_upload_that_never_ended_is_invisible(build_settings: Build, s3_server: S3Server,
                                                 s3_fields: dict[str, str]) -> None:  # fmt: skip
    store = opened(build_settings(**s3_fields))
    place: Any = {"Bucket": store.bucket, "Key": "studio/a/big"}
    upload = s3_server.client.create_multipart_upload(**place)["UploadId"]
    s3_server.client.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"half")
    assert store.find("big") is None
    assert list(store.list("")) == []


def test_a_stream_fetches_no_more_than_it_needs(build_settings: Build, s3_fields: dict[str, str]) -> None:
    store = opened(build_settings(**s3_fields))
    store.put("big", bytes(PART_BYTES))
    ranges: list[str] = []
    store.client.meta.events.register(
        "provide-client-params.s3.GetObject", lambda params, **_: ranges.append(params["Range"])
    )
    with store.open("big") as file:
        file.seek(PART_BYTES - 10)
        file.read()
    assert ranges == [f"bytes={PART_BYTES * 3 // 4}-{PART_BYTES - 1}"]


def test_a_file_that_shrinks_while_being_read_is_an_error(build_settings: Build, s3_fields: dict[str, str]) -> None:
    store = opened(build_settings(**s3_fields))
    store.put("big", bytes(PART_BYTES))
    with store.open("big") as file:
        store.put("big", b"short")
        file.seek(PART_BYTES // 2)
        with pytest.raises(ObjectStoreError, match="InvalidRange"):
            file.read(10)


def test_a_server_that_comes_back_is_used_again(build_settings: Build, s3_server: S3Server,
                                                s3_fields: dict[str, str]) -> None:  # fmt: skip
    store = opened(build_settings(**s3_fields))
    store.put("key", b"x")
    s3_server.kill()
    with pytest.raises(ObjectStoreError, match="does not answer"):
        store.put("key", b"x")
    s3_server.start()
    s3_server.client.create_bucket(Bucket=store.bucket)
    store.put("key", b"y")
    assert store.get("key") == b"y"


def test_servers_other_than_aws_are_not_sent_the_newer_checksums(
    build_settings: Build, s3_fields: dict[str, str], tmp_path: Path
) -> None:
    store = opened(build_settings(**s3_fields))
    sent: list[str] = []
    store.client.meta.events.register(
        "before-send.s3.*", lambda request, **_: sent.extend(map(str.lower, request.headers))
    )
    store.put("key", b"x")
    (tmp_path / "file").write_bytes(bytes(PART_BYTES + 1))
    store.put_file("key", tmp_path / "file")
    assert "x-amz-content-sha256" in sent, "the requests were seen"
    assert not [name for name in sent if name.startswith(("x-amz-checksum", "x-amz-sdk-checksum", "x-amz-trailer"))]
    config: Any = store.client.meta.config
    assert config.request_checksum_calculation == config.response_checksum_validation == "when_required"


def test_aws_itself_is_asked_for_its_checksums(build_settings: Build, s3_fields: dict[str, str]) -> None:
    config: Any = opened(build_settings(**{**s3_fields, "objects_endpoint": ""})).client.meta.config
    assert config.request_checksum_calculation == "when_supported"


def test_a_bucket_is_part_of_the_path_and_not_of_the_host(build_settings: Build, s3_fields: dict[str, str]) -> None:
    store = opened(build_settings(**s3_fields))
    urls: list[str] = []
    store.client.meta.events.register("before-send.s3.*", lambda request, **_: urls.append(request.url))
    with pytest.raises(ObjectMissing):
        store.get("key")
    assert urls == [f"{s3_fields['objects_endpoint']}/{store.bucket}/studio/a/key"]
