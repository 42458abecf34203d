"""A real server that speaks the S3 protocol and keeps everything in memory."""

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3

from testing.services.server import HOST, Server

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


LISTED_AT_ONCE = 100


class S3Server(Server):
    """Moto's server as a separate process, so that it can be killed and other processes can use it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.endpoint = f"http://{HOST}:{self.port}"

    def command(self) -> Sequence[str]:
        """Run it with the interpreter of the tests."""
        return (sys.executable, "-W", "ignore", "-m", "moto.server", "-H", HOST, "-p", str(self.port))

    def environment(self) -> Mapping[str, str]:
        """List a hundred objects per answer, so that a test of several answers need not store thousands."""
        return {**os.environ, "MOTO_S3_DEFAULT_MAX_KEYS": str(LISTED_AT_ONCE)}

    def answers(self) -> bool:
        """Whether it can be used."""
        return self._ask("GET", "/moto-api/data.json")

    def empty(self) -> None:
        """Prepare for the next test, whatever the last one did."""
        if not self.is_alive:
            self.start()
        assert self._ask("POST", "/moto-api/reset"), "the S3 server cannot be reset"

    def new_bucket(self) -> dict[str, str]:
        """Fields of Settings for a prefix in a new bucket."""
        fields = {
            "objects_url": f"s3://voicefarm-{uuid4().hex[:12]}/studio/a",
            "objects_endpoint": self.endpoint,
            "objects_access_key": "test",
            "objects_secret_key": "test",
        }
        self.client.create_bucket(Bucket=bucket_of(fields["objects_url"]))
        return fields

    def keys(self, objects_url: str) -> list[str]:
        """Everything in a bucket, whatever its prefix."""
        found = self.client.list_objects_v2(Bucket=bucket_of(objects_url)).get("Contents", [])
        return [item["Key"] for item in found]

    @cached_property
    def client(self) -> "S3Client":
        """A client that is not the farm's."""
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def _ask(self, method: str, path: str) -> bool:
        connection = HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request(method, path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def bucket_of(objects_url: str) -> str:
    """The bucket that an `s3://` URL names."""
    return objects_url.removeprefix("s3://").partition("/")[0]
