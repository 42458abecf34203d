"""Public files are fetched once, however often the download breaks off, and used only if they are the right ones."""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from dispatcher.voices.downloading import download
from storage.errors import DownloadFailed, InputError, NoSpace
from testing.services.server import free_port
from tests.voices.file_server import FileServer, serving
from workers.engines.rvc.public_files import PUBLIC_MODELS
from workers.engines.voice_files import PublicModel

DATA = os.urandom(3_000_000)
MODEL = PublicModel("rmvpe", "somebody/models/rmvpe.pt", sha256(DATA).hexdigest(), len(DATA), "pitch model")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving(DATA) as running:
        yield running


def fetch(server: FileServer, folder: Path, model: PublicModel = MODEL) -> tuple[Path, list[int]]:
    told: list[int] = []
    return download(model, folder, server.host, told.append), told


def test_a_file_is_saved_under_its_own_name_and_reports_progress(server: FileServer, tmp_path: Path) -> None:
    path, told = fetch(server, tmp_path / "downloads")
    assert path == tmp_path / "downloads" / "rmvpe.pt"
    assert path.read_bytes() == DATA
    assert told == sorted(told)
    assert told[-1] == len(DATA)
    assert server.asked == [""]
    assert list(path.parent.iterdir()) == [path]


def test_an_answer_that_breaks_off_is_resumed(server: FileServer, tmp_path: Path) -> None:
    server.breaks_after = [1_000_000, 500_000]
    path, _ = fetch(server, tmp_path)
    assert path.read_bytes() == DATA
    assert server.asked == ["", "bytes=1000000-", "bytes=1500000-"]


def test_an_interrupted_command_is_continued_by_the_next(server: FileServer, tmp_path: Path) -> None:
    server.breaks_after = [1_000_000, 0]
    with pytest.raises(DownloadFailed, match="1000000 of 3000000 bytes are here, and another attempt continues from"):
        fetch(server, tmp_path)
    assert not (tmp_path / "rmvpe.pt").exists()
    path, told = fetch(server, tmp_path)
    assert path.read_bytes() == DATA
    assert server.asked[-1] == "bytes=1000000-"
    assert told[0] > 1_000_000


def test_a_server_without_range_requests_sends_the_file_again(server: FileServer, tmp_path: Path) -> None:
    server.knows_ranges = False
    server.breaks_after = [1_000_000]
    path, _ = fetch(server, tmp_path)
    assert path.read_bytes() == DATA
    assert server.asked == ["", "bytes=1000000-"]


def test_a_file_already_here_but_never_used_is_only_checked(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / f"{MODEL.sha256}.part").write_bytes(DATA)
    path, _ = fetch(server, tmp_path)
    assert path.read_bytes() == DATA
    assert server.asked == []


@pytest.mark.parametrize("data", [DATA[:-1] + b"!", DATA + b"!", b"<html>Sign in</html>" * 200_000])
def test_a_different_file_is_refused_and_deleted(tmp_path: Path, data: bytes) -> None:
    with serving(data) as server, pytest.raises(DownloadFailed, match="is not the rmvpe that is meant"):
        fetch(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_too_short_is_never_used(tmp_path: Path) -> None:
    with serving(DATA[:-1]) as server, pytest.raises(DownloadFailed, match="cannot be downloaded"):
        fetch(server, tmp_path)
    assert not (tmp_path / "rmvpe.pt").exists()


@pytest.mark.parametrize("status", [404, 503])
def test_a_servers_refusal_is_reported(server: FileServer, tmp_path: Path, status: int) -> None:
    server.status = status
    with pytest.raises(DownloadFailed, match=rf"cannot be downloaded \(the server answers {status} "):
        fetch(server, tmp_path)


def test_a_partial_download_of_another_file_is_discarded(server: FileServer, tmp_path: Path) -> None:
    part = tmp_path / f"{MODEL.sha256}.part"
    part.write_bytes(b"of something else")
    server.status = 416
    with pytest.raises(DownloadFailed, match="416"):
        fetch(server, tmp_path)
    assert part.read_bytes() == b""
    server.status = 200
    assert fetch(server, tmp_path)[0].read_bytes() == DATA


def test_without_a_network_it_says_how_to_add_the_file_by_hand(tmp_path: Path) -> None:
    host = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(DownloadFailed) as refused:
        download(MODEL, tmp_path, host, lambda _: None)
    assert str(refused.value) == (
        f"{host}/somebody/models/rmvpe.pt cannot be downloaded (Connection refused); without a network, fetch that file"
        " on another machine; add a file of the model rmvpe"
    )


def test_two_at_once_do_not_write_into_one_file(server: FileServer, tmp_path: Path) -> None:
    with (tmp_path / f"{MODEL.sha256}.part").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="rmvpe is being downloaded already"):
            fetch(server, tmp_path)


@pytest.mark.parametrize("host", ["file:///etc", "ftp://host", "huggingface.co", ""])
def test_a_malformed_address_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(InputError, match="is not an address to download from"):
        download(MODEL, tmp_path, host, lambda _: None)


def test_a_full_disk_is_reported(server: FileServer, small_disk: Path) -> None:
    with pytest.raises(NoSpace, match="the disk is full where rmvpe goes"):
        fetch(server, small_disk)


def test_every_public_model_can_be_checked() -> None:
    for name, model in PUBLIC_MODELS.items():
        assert model.name == name
        assert len(bytes.fromhex(model.sha256)) == 32
        assert model.bytes > 100_000_000
    assert replace(MODEL, name="other") != MODEL
