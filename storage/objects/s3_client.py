"""Clients for S3 servers: the farm's own, and whichever the usual settings of AWS tools name."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from storage.errors import SettingsError
from storage.settings import Settings, redacted

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

#: Connections a process may hold: for a worker's fetch and store threads or a split's uploads, with some to spare.
CONNECTIONS = 16
#: Servers other than AWS often support neither the newer checksums nor bucket host names.
_SPECIAL: dict[str, Any] = {
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "s3": {"addressing_style": "path"},
}
_AWS = (".amazonaws.com", ".amazonaws.com.cn")


def farms_client(settings: Settings) -> "S3Client":
    """A client for the server of the settings, with their keys."""
    try:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=_without_password(settings.objects_endpoint) or None,
            region_name=settings.objects_region or None,
            aws_access_key_id=settings.objects_access_key or None,
            aws_secret_access_key=settings.objects_secret_key or None,
            config=_config(_SPECIAL if settings.objects_endpoint else {}),
        )
    except (ValueError, BotoCoreError) as error:
        # If the URL holds a password, the error may quote any piece of it.
        why = redacted(settings.objects_endpoint) if "@" in settings.objects_endpoint else error
        raise SettingsError(
            f"the settings of the object store cannot be used ({why}); check VOICEFARM_OBJECTS_ENDPOINT, which is a"
            " URL such as http://host:9000, check VOICEFARM_OBJECTS_REGION, and set both keys or neither"
        ) from error


def usual_client() -> "S3Client":
    """A client for the server, the region and the keys that every AWS tool on this machine would use."""
    try:
        session = boto3.session.Session()
        client = session.client("s3", config=_config({}))
        host = urlsplit(client.meta.endpoint_url).hostname or ""
        return client if host.endswith(_AWS) else session.client("s3", config=_config(_SPECIAL))
    except (ValueError, BotoCoreError) as error:
        raise SettingsError(
            f"the settings of AWS tools on this machine cannot be used ({error}); check ~/.aws and the AWS_ variables"
        ) from error


def _config(special: dict[str, Any]) -> Config:
    return Config(
        # Workers wait out longer outages themselves (storage/objects/patience.py); a person wants to know soon.
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=5,
        read_timeout=30,
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        **special,
    )


def _without_password(endpoint: str) -> str:
    """The endpoint without its password: S3 uses signatures instead, and boto3's errors would show the password."""
    who, at, _ = urlsplit(endpoint).netloc.rpartition("@")
    bare = endpoint.replace(who + at, "", 1)
    if "@" in bare:
        raise ValueError("its password has characters that cannot be used")
    return bare
