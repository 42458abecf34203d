"""Recordings come from buckets and results go to them, as they do with files and folders."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from dispatcher.client import Farm, Request
from dispatcher.client.answers import Delivery
from dispatcher.wishes.sources import Chosen
from dispatcher.wishes.targets import Existing
from storage.audio.mark import mark_in, mark_of, told
from storage.errors import InputError, ManifestRefused
from storage.objects.address import Address, read_place
from storage.settings import Settings
from testing.services.s3 import S3Server
from testing.sounds import tone

THROUGH = Request("through")


@pytest.fixture
def server(s3_server: S3Server, tmp_path: Path) -> S3Server:
    """A server with recordings in a bucket."""
    s3_server.client.create_bucket(Bucket="mine")
    for number, key in enumerate(("in/one.wav", "in/day2/two.wav", "in/.hidden/no.wav", "in/.no.wav", "in/notes.txt")):
        put(s3_server, key, sound(tmp_path, number))
    put(s3_server, "in/day2/", b"")
    return s3_server


@pytest.fixture(params=["its store on the same server", "its store in a folder"])
def farm(request: pytest.FixtureRequest, server: S3Server, build_settings: Callable[..., Settings]) -> Farm:
    fields = server.new_bucket()
    if "folder" in request.param:
        fields.pop("objects_url")
    return Farm(build_settings(workers=1, **fields))


@pytest.fixture
def folder_farm(server: S3Server, build_settings: Callable[..., Settings]) -> Farm:
    """A farm that keeps its objects in a folder, and knows the server."""
    return Farm(
        build_settings(workers=1, objects_endpoint=server.endpoint, objects_access_key="a", objects_secret_key="b")
    )


def sound(folder: Path, number: int) -> bytes:
    path = folder / f"sound-{number}.wav"
    soundfile.write(path, tone(3200 + 160 * number, 16_000), 16_000)
    return path.read_bytes()


def put(server: S3Server, key: str, content: bytes) -> None:
    server.client.put_object(Bucket="mine", Key=key, Body=content)


def get(server: S3Server, key: str) -> bytes:
    return server.client.get_object(Bucket="mine", Key=key)["Body"].read()


def keys(server: S3Server, prefix: str) -> set[str]:
    return {item["Key"] for item in server.client.list_objects_v2(Bucket="mine", Prefix=prefix).get("Contents", [])}


def at(text: str) -> Address:
    place = read_place(text)
    assert isinstance(place, Address)
    return place


def ended(deliveries: Iterator[Delivery]) -> dict[str, tuple[str, str]]:
    return {str(d.source): (d.state, str(d.error or d.result)) for d in deliveries}


def test_a_prefix_is_converted_into_another(farm: Farm, server: S3Server, tmp_path: Path) -> None:
    source, out = at("s3://mine/in/"), at("s3://mine/out")
    done = ended(farm.convert([source], THROUGH, out))
    assert done == {
        "s3://mine/in/one.wav": ("finished", "s3://mine/out/one.wav"),
        "s3://mine/in/day2/two.wav": ("finished", "s3://mine/out/day2/two.wav"),
    }
    assert keys(server, "out") == {"out/one.wav", "out/day2/two.wav"}
    (job,) = [job for job in farm.jobs() if job.name == "one.wav"]
    assert job.path == "s3://mine/in/one.wav"

    # What is up to date is left as it is, what is of another recording is not replaced unasked.
    assert {state for state, _ in ended(farm.convert([source], THROUGH, out)).values()} == {"there"}
    put(server, "in/one.wav", sound(tmp_path, 9))
    again = ended(farm.convert([source], THROUGH, out))
    assert again["s3://mine/in/one.wav"][0] == "refused"
    assert "out/one.wav exists already, made of another recording" in again["s3://mine/in/one.wav"][1]
    before = get(server, "out/one.wav")
    (replaced,) = farm.convert(
        [at("s3://mine/in/one.wav")], THROUGH, at("s3://mine/out/one.wav"), existing=Existing.REPLACE
    )
    assert replaced.state == "finished"
    assert get(server, "out/one.wav") != before

    # A folder gets the same, and fetching puts results into buckets too.
    assert farm.fetch(job.id, at("s3://mine/fetched/")) == at("s3://mine/fetched/one.wav")
    assert get(server, "fetched/one.wav") == before
    assert farm.fetch(job.id, at("s3://mine/fetched/")) == at("s3://mine/fetched/one.wav")
    with pytest.raises(InputError, match="is another result"):
        farm.fetch(job.id, at("s3://mine/out/one.wav"))
    local = farm.fetch(job.id, tmp_path / "local.wav")
    assert isinstance(local, Path)
    assert mark_in(local)


def test_results_beside_recordings_are_not_taken_for_recordings(folder_farm: Farm, server: S3Server) -> None:
    put(server, "in/one.done.wav", b"RIFF" + told(mark_of("0" * 64, "1" * 64)).encode())
    wishes, results = folder_farm.find([at("s3://mine/in")], THROUGH)
    assert {str(wish.source) for wish in wishes} == {"s3://mine/in/one.wav", "s3://mine/in/day2/two.wav"}
    assert [str(result) for result in results] == ["s3://mine/in/one.done.wav"]


def test_no_result_replaces_a_recording_in_a_bucket(folder_farm: Farm, server: S3Server, tmp_path: Path) -> None:
    one, two = at("s3://mine/in/one.wav"), at("s3://mine/in/day2/two.wav")
    before = get(server, "in/one.wav")
    (itself,) = folder_farm.convert([one], THROUGH, one, existing=Existing.REPLACE)
    assert "itself one of the recordings, which no result replaces" in str(itself.error)
    folder_farm.submit(one, THROUGH)
    (other,) = folder_farm.convert([two], THROUGH, one, existing=Existing.REPLACE)
    assert "is the recording that job 1 was made of, which no result replaces" in str(other.error)
    assert get(server, "in/one.wav") == before


def test_no_result_goes_among_the_farms_own_objects(server: S3Server, build_settings: Callable[..., Settings]) -> None:
    farm = Farm(build_settings(**{**server.new_bucket(), "objects_url": "s3://mine/farm"}))
    (refused,) = farm.convert([at("s3://mine/in/one.wav")], THROUGH, at("s3://mine/farm/sources/"))
    assert "is among the objects that the farm keeps for itself" in str(refused.error)
    assert keys(server, "farm/") == set()


def test_a_folder_is_searched_by_pattern(folder_farm: Farm) -> None:
    def names(*include: str, exclude: tuple[str, ...] = ()) -> set[str]:
        wishes, _ = folder_farm.find([at("s3://mine/in/")], THROUGH, Chosen(include, exclude))
        return {wish.source.name for wish in wishes}

    assert names() == {"one.wav", "two.wav"}
    assert names("day2/*") == {"two.wav"}
    assert names("*.txt") == {"notes.txt"}
    assert names(exclude=("day2",)) == {"one.wav"}


def test_what_cannot_be_had_is_refused_by_itself(folder_farm: Farm, server: S3Server) -> None:
    put(server, "in/bad.wav", b"this is text")
    named = [at(f"s3://{key}") for key in ("mine/in/one.wav", "mine/none.wav", "none/a.wav", "mine/in/bad.wav")]
    found = {str(s.source): s for s in folder_farm.submit_all(named, THROUGH)}
    assert found["s3://mine/in/one.wav"].job == 1
    assert str(found["s3://mine/none.wav"].error) == "there is no s3://mine/none.wav; check its name"
    assert str(found["s3://none/a.wav"].error).startswith("there is no bucket none")
    assert "is text, not sound" in str(found["s3://mine/in/bad.wav"].error)
    assert {name for name in found if found[name].job} == {"s3://mine/in/one.wav"}


def test_a_manifest_may_name_addresses_beside_files(folder_farm: Farm, tmp_path: Path) -> None:
    sound(tmp_path, 3)
    lines = [{"source": "s3://mine/in/one.wav", "voice": "through"}, {"source": "sound-3.wav", "voice": "deep"}]
    manifest = tmp_path / "lines.jsonl"
    manifest.write_text("\n".join(map(json.dumps, lines)))
    wishes = folder_farm.read_manifest(manifest, Request(""))
    assert [str(wish.source) for wish in wishes] == ["s3://mine/in/one.wav", str(tmp_path / "sound-3.wav")]
    assert {submission.job for submission in folder_farm.submit_all(wishes, Request(""))} == {1, 2}

    bad = ["s3://mine/none.wav", "s3://mine/in/", "s3://", "ftp://host/a.wav"]
    manifest.write_text("\n".join(json.dumps({"source": one, "voice": "through"}) for one in bad))
    with pytest.raises(ManifestRefused) as refused:
        folder_farm.read_manifest(manifest, Request(""))
    assert [sentence.partition(";")[0] for *_, sentence in refused.value.mistakes] == [
        "there is no s3://mine/none.wav",
        "s3://mine/in/ is a folder",
        "s3:// names no bucket",
        "ftp://host/a.wav is an address of a kind that is not known",
    ]
