"""Commands take addresses where they take files and folders."""

from pathlib import Path

import pytest

from testing.services.s3 import S3Server
from tests.cli.conftest import silence
from tests.cli.running import CommandLine
from tests.storage.crooked_s3 import Answer, serving


@pytest.fixture
def server(s3_server: S3Server, tmp_path: Path, command: CommandLine) -> S3Server:
    """A server with recordings in a bucket, which the command knows."""
    s3_server.client.create_bucket(Bucket="mine")
    for key, seconds in (("in/one.flac", 0.2), ("in/day2/two.flac", 0.3)):
        s3_server.client.upload_file(str(silence(tmp_path / "silence.flac", seconds)), "mine", key)
    keys = {"objects_access_key": "test", "objects_secret_key": "test"}
    command.settings = {**command.settings, "objects_endpoint": s3_server.endpoint, **keys}
    return s3_server


def test_recordings_come_from_addresses_and_results_go_to_one(
    command: CommandLine, server: S3Server, tmp_path: Path
) -> None:
    recording = silence(tmp_path / "silence.flac", 0.4).read_bytes()
    with serving(lambda _: Answer(body=recording)) as endpoint:
        sources = ["s3://mine/in/", f"{endpoint}/a//three.flac?token=s3cret"]
        options = ["--voice", "through", "-o", "s3://mine/out/", "--batch", "takes", "--json"]
        done = command.run("convert", *sources, *options)
    assert done.status == 0, done
    assert {(entry["source"], entry["result"]) for entry in done.json} == {
        ("s3://mine/in/one.flac", "s3://mine/out/one.wav"),
        ("s3://mine/in/day2/two.flac", "s3://mine/out/day2/two.wav"),
        (f"{endpoint}/a//three.flac", "s3://mine/out/three.wav"),
    }
    assert "s3cret" not in done.out + done.err

    command.done("fetch", "takes", "-o", "s3://mine/again")
    listed = server.client.list_objects_v2(Bucket="mine").get("Contents", [])
    results = {item["Key"]: item["ETag"] for item in listed if not item["Key"].startswith("in/")}
    assert set(results) == {
        f"{folder}/{name}.wav" for folder in ("out", "again") for name in ("one", "day2/two", "three")
    }
    assert results["out/one.wav"] == results["again/one.wav"]
    assert "one.flac" in command.done("show", 1).out + command.done("show", 2).out + command.done("show", 3).out


def test_what_is_not_there_is_one_sentence_without_secrets(command: CommandLine, server: S3Server) -> None:
    missing = command.run("submit", "s3://mine/none.wav", "--voice", "through")
    assert "there is no s3://mine/none.wav; check its name" in missing.sentence()
    with serving(lambda _: Answer(403)) as endpoint:
        address = f"http://anna:s3cret@{endpoint.removeprefix('http://')}/talk.wav?token=s3cret"
        refused = command.run("submit", address, "--voice", "through").sentence()
    assert f"the server refuses {endpoint}/talk.wav (403 Forbidden)" in refused
    assert "s3cret" not in refused
