"""Recordings come from web servers as they do from files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from dispatcher.client import Farm, Request
from dispatcher.client.answers import Delivery
from storage.objects.address import read_place
from storage.settings import Settings
from testing.sounds import tone
from tests.storage.crooked_s3 import Answer, Asked, serving
from tests.storage.parting import Parting

THROUGH = Request("through")


@pytest.fixture
def farm(build_settings: Callable[..., Settings]) -> Farm:
    return Farm(build_settings(workers=1))


@pytest.fixture
def recording(tmp_path: Path) -> bytes:
    soundfile.write(tmp_path / "sound.wav", tone(3200, 16_000), 16_000)
    return (tmp_path / "sound.wav").read_bytes()


@pytest.fixture
def endpoint(recording: bytes) -> Iterator[str]:
    """A server with a recording under several addresses; one breaks off at first, and one is a page."""
    broken: list[str] = []

    def answer(asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        if path == "/none.wav":
            return Answer(404)
        if path == "/page.wav":
            return Answer(headers={"Content-Type": "text/html"}, body=b"<html>please log in</html>")
        headers = {"Content-Disposition": "attachment; filename=take.wav"} if path == "/get" else {}
        headers["Content-Length"] = str(len(recording))
        if path == "/breaks.wav" and asked.method == "GET" and not broken:
            broken.append(path)
            return Answer(headers=headers, body=recording[:500])
        return Answer(headers=headers, body=recording)

    with serving(answer) as endpoint:
        yield endpoint


def submitted(farm: Farm, endpoint: str, *paths: str) -> dict[str, Delivery]:
    places = [read_place(endpoint + path) for path in paths]
    return {str(s.source).removeprefix(endpoint): s for s in farm.submit_all(places, THROUGH)}


def test_recordings_of_a_web_server_are_converted_into_the_folder_of_results(
    farm: Farm, endpoint: str, tmp_path: Path
) -> None:
    places = [read_place(endpoint + path) for path in ("/a/talk.wav", "/get?id=7&token=s3cret")]
    done = {str(d.source): d for d in farm.convert(places, THROUGH, tmp_path / "out")}
    assert {name.removeprefix(endpoint): d.state for name, d in done.items()} == {
        "/a/talk.wav": "finished",
        "/get": "finished",
    }
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"talk.wav", "take.wav"}
    assert list((tmp_path / "scratch").iterdir()) == []
    assert {(job.name, job.path) for job in farm.jobs()} == {
        ("talk.wav", f"{endpoint}/a/talk.wav"),
        ("take.wav", f"{endpoint}/get"),
    }
    again = farm.convert(places[:1], THROUGH, tmp_path / "out" / "talk.wav")
    assert [delivery.state for delivery in again] == ["there"]


def test_what_a_web_server_does_not_have_does_not_stop_the_others(farm: Farm, endpoint: str, tmp_path: Path) -> None:
    found = submitted(farm, endpoint, "/breaks.wav", "/none.wav", "/page.wav?token=s3cret", "/talk.wav")
    assert {path for path in found if found[path].job} == {"/breaks.wav", "/talk.wav"}
    assert f"there is no {endpoint}/none.wav (404 Not Found); check the address" in str(found["/none.wav"].error)
    assert "page.wav is text, not sound" in str(found["/page.wav"].error)
    assert "s3cret" not in str(found)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_manifest_may_name_web_addresses(farm: Farm, endpoint: str, tmp_path: Path) -> None:
    manifest = tmp_path / "lines.csv"
    manifest.write_text(f"source,voice\n{endpoint}/a//talk.wav?x=1,through\n")
    wishes = farm.read_manifest(manifest, Request(""))
    assert [str(wish.source) for wish in wishes] == [f"{endpoint}/a//talk.wav"]
    assert [submission.job for submission in farm.submit_all(wishes, Request(""))] == [1]


def test_a_forecast_fetches_only_what_it_looks_at(farm: Farm, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", tone(16 * 96_000, 96_000), 96_000, "PCM_24")
    server = Parting((tmp_path / "long.wav").read_bytes())
    with serving(server) as endpoint:
        forecast = farm.forecast([read_place(f"{endpoint}/long.wav")], THROUGH)
    assert (forecast.seconds, forecast.refused) == (16.0, [])
    assert forecast.planned[0].size == len(server.content) > 4_000_000
    assert server.sent < len(server.content) / 4
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_forecast_of_what_is_sent_only_whole_fetches_it(farm: Farm, endpoint: str, tmp_path: Path) -> None:
    forecast = farm.forecast([read_place(f"{endpoint}/a/talk.wav")], THROUGH)
    assert (forecast.seconds, forecast.refused) == (0.2, [])
    assert list((tmp_path / "scratch").iterdir()) == []
