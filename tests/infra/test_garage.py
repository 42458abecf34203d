"""infra/s3/garage.py against a stand-in that keeps what it is told, because no package provides Garage."""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.infra.places import INFRA

sys.path.insert(0, str(INFRA / "s3"))
garage: Any = import_module("garage")

OWNER = garage.Key("owner", "GKowner", "secret")
WORKER = garage.Key("box1", "GKbox1", "other")
TOKEN = "token"


class Admin(ThreadingHTTPServer):
    """Keeps buckets, keys and rights."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Calls)
        self.buckets: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.rights: dict[str, Any] = {}

    def answer(self, call: str, query: dict[str, list[str]], body: dict[str, Any]) -> dict[str, Any] | None:
        if call == "GetBucketInfo":
            bucket = self.buckets.get(query["globalAlias"][0])
            return bucket and {"id": bucket}  # type: ignore[return-value]
        if call == "GetKeyInfo":
            return {"accessKeyId": query["id"][0]} if query["id"][0] in self.keys else None
        if call == "CreateBucket":
            return {"id": self.buckets.setdefault(body["globalAlias"], "b1")}
        if call == "ImportKey" and body["accessKeyId"] not in self.keys:
            self.keys[body["accessKeyId"]] = body["secretAccessKey"]
            return body
        if call == "AllowBucketKey" and body["bucketId"] == "b1":
            self.rights[body["accessKeyId"]] = body["permissions"]
            return {}
        return None


class Calls(BaseHTTPRequestHandler):
    server: Admin

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        allowed = self.headers["Authorization"] == f"Bearer {TOKEN}"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = parts.path.removeprefix("/v2/")
        answer = self.server.answer(call, parse_qs(parts.query), json.loads(body or b"{}")) if allowed else {}
        self.send_response(403 if not allowed else 404 if answer is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_POST = do_GET  # noqa: N815 - the name is the library's

    def log_message(self, *args: object) -> None:
        """Say nothing: the test says enough."""


@pytest.fixture
def admin() -> Iterator[Admin]:
    with Admin() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def _server(admin: Admin, token: str = TOKEN) -> Any:
    return garage.Garage(f"127.0.0.1:{admin.server_port}", token)


def test_bucket_and_keys_are_made_once_and_only_the_owner_owns_the_bucket(admin: Admin) -> None:
    _server(admin).ensure("farm", OWNER, [])
    _server(admin).ensure("farm", OWNER, [WORKER])
    assert admin.buckets == {"farm": "b1"}
    assert admin.keys == {"GKowner": "secret", "GKbox1": "other"}
    assert admin.rights["GKowner"] == {"read": True, "write": True, "owner": True}
    assert admin.rights["GKbox1"] == {"read": True, "write": True, "owner": False}


def test_a_refusal_says_what_was_asked_for_and_hides_the_token(admin: Admin) -> None:
    with pytest.raises(garage.GarageRefused, match=r"403 to /v2/GetBucketInfo") as refusal:
        _server(admin, "wrong-token").ensure("farm", OWNER, [])
    assert "wrong-token" not in str(refusal.value)


def test_secrets_are_read_as_secrets_sh_writes_them(
    admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {"TOKEN": TOKEN, "WORKER_KEYS": "box1 GKbox1 other\n"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(garage, name, tmp_path / name)
    monkeypatch.setattr(garage, "ADDRESS", f"127.0.0.1:{admin.server_port}")
    garage.prepare("farm", "GKowner", "secret")
    assert admin.keys == {"GKowner": "secret", "GKbox1": "other"}
