"""Make the bucket and the keys of a Garage server through its admin API; running it again does no harm."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

TOKEN = Path("/run/secrets/s3_admin_token")
WORKER_KEYS = Path("/run/secrets/worker_keys")
ADDRESS = "s3:3903"
#: Seconds to wait for an answer from a server on the same machine.
PATIENCE = 30
OK, NOT_FOUND = 200, 404


class GarageRefused(Exception):
    """The server refused a call."""


@dataclass(frozen=True, slots=True)
class Key:
    """An access key with the name under which the server lists it."""

    name: str
    access: str
    secret: str


def worker_keys(path: Path) -> Iterator[Key]:
    """The keys of all machines with workers, one per line, as secrets.sh writes them."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield Key(*line.split())


@dataclass(frozen=True, slots=True)
class Garage:
    """A running server."""

    address: str
    token: str

    def ensure(self, bucket: str, owner: Key, workers: list[Key]) -> None:
        """Make whatever is missing: the bucket, its owner, and the keys that read and write."""
        found = self._find("GetBucketInfo", globalAlias=bucket) or self._ask("CreateBucket", {"globalAlias": bucket})
        for key in (owner, *workers):
            if self._find("GetKeyInfo", id=key.access) is None:
                self._ask("ImportKey", {"name": key.name, "accessKeyId": key.access, "secretAccessKey": key.secret})
            rights = {"read": True, "write": True, "owner": key is owner}
            self._ask("AllowBucketKey", {"bucketId": found["id"], "accessKeyId": key.access, "permissions": rights})

    def _find(self, call: str, **query: str) -> dict[str, Any] | None:
        return self._talk("GET", f"/v2/{call}?{urlencode(query)}")

    def _ask(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._talk("POST", f"/v2/{call}", json.dumps(body))
        if answer is None:
            raise GarageRefused(f"{self.address} does not know {call}; infra/compose.yaml names the version that does")
        return answer

    def _talk(self, method: str, path: str, body: str | None = None) -> dict[str, Any] | None:
        connection = HTTPConnection(self.address, timeout=PATIENCE)
        connection.request(method, path, body, {"Authorization": f"Bearer {self.token}"})
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        connection.close()
        if response.status == NOT_FOUND:
            return None
        if response.status != OK:
            raise GarageRefused(f"{self.address} answered {response.status} to {path.partition('?')[0]}: {text[:200]}")
        answer: dict[str, Any] = json.loads(text)
        return answer


def prepare(bucket: str, access_key: str, secret_key: str) -> None:
    """Prepare the server for compose's `bucket`, before it continues through S3."""
    owner = Key("owner", access_key, secret_key)
    server = Garage(ADDRESS, TOKEN.read_text(encoding="utf-8").strip())
    server.ensure(bucket, owner, list(worker_keys(WORKER_KEYS)))
