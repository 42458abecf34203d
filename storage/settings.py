"""All settings of the farm: one table, read from voicefarm.toml and the environment."""

import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import quote

from storage.errors import SettingsError

ENV_PREFIX = "VOICEFARM_"
#: Longer socket paths are refused by the kernel (108 bytes with the final zero on Linux, 104 on macOS).
LONGEST_SOCKET_PATH = 100


def _setting(default: Any, doc: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"doc": doc, "secret": secret})


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "voicefarm"


@dataclass(frozen=True)
class Settings:
    """One field a setting; the name in the environment is the field's in capitals behind `VOICEFARM_`."""

    broker_url: str = _setting(
        "", "Celery broker (`redis://:password@host:6379/0`); empty: a private Redis", secret=True
    )
    database_url: str = _setting("", "SQLAlchemy URL of the records; empty: SQLite in the state folder", secret=True)
    objects_url: str = _setting("", "`s3://bucket/prefix` or `file:///folder`; empty: a folder in the state folder")
    objects_endpoint: str = _setting("", "URL of an S3 server other than AWS")
    objects_region: str = _setting("us-east-1", "S3 region")
    objects_access_key: str = _setting("", "S3 access key; empty: boto3 looks in its usual places", secret=True)
    objects_secret_key: str = _setting("", "S3 secret key", secret=True)
    state: str = _setting("", "folder for what this machine keeps; empty: `~/.local/share/voicefarm`")
    scratch: str = _setting("", "folder for temporary files; empty: the system's")
    broker_prefix: str = _setting("voicefarm:", "put before every key in the broker, so that it can be shared")
    worker_key: str = _setting(
        "", "what this machine's workers sign with, as `voicefarm worker-key add` prints it", secret=True
    )
    workers: int = _setting(
        0,
        "worker processes of the embedded farm; 0: one for an accelerator, else one a core, no more than memory holds",
    )
    tags: str = _setting("", "tags, by commas: what this worker offers; at the dispatcher: tags that will be offered")
    lease_seconds: float = _setting(15.0, "longest lease, in seconds of the worker's own time")
    heartbeat_seconds: float = _setting(2.0, "how often a worker reports")
    lost_after_seconds: float = _setting(10.0, "a worker that was silent for so long is lost")
    atom_seconds: float = _setting(30.0, "longest atom; the shortest is half of it")
    max_attempts: int = _setting(4, "tries of one atom before its job fails")
    package_gigabytes: float = _setting(
        20.0, "room for voices and models fetched to this machine; those not used for longest go first; 0: no limit"
    )
    keep_days: float = _setting(7.0, "days for which atoms and sources of ended jobs are kept; 0: for ever")
    flower_port: int = _setting(5555, "port of Flower on loopback under `voicefarm up`")
    flower_password: str = _setting(
        "", "Flower's password; empty: made up once and kept in the state folder", secret=True
    )
    log_level: str = _setting("WARNING", "log level of farm processes")

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read voicefarm.toml (`VOICEFARM_CONFIG`, the working folder, `~/.config/voicefarm`), then the environment."""
        environ = os.environ if environ is None else environ
        given: dict[str, Any] = _from_file(environ)
        known = {f.name: f for f in fields(cls)}
        for name in given:
            if name not in known:
                raise SettingsError(
                    f"voicefarm.toml has an unknown setting '{name}'; see docs/settings.md for the table"
                )
        for name in known:
            if (text := environ.get(ENV_PREFIX + name.upper())) is not None:
                given[name] = text
        return cls(**{name: _as_kind(name, value, known[name].default) for name, value in given.items()})

    @cached_property
    def state_folder(self) -> Path:
        """Where this machine keeps what is its own."""
        return Path(self.state).expanduser().absolute() if self.state else _data_home()

    @cached_property
    def scratch_folder(self) -> Path:
        """Where temporary files go."""
        return Path(self.scratch or gettempdir()).expanduser()

    @property
    def is_embedded(self) -> bool:
        """Whether the farm is private to this machine, broker and all."""
        return not self.broker_url

    @cached_property
    def socket_path(self) -> Path:
        """The private Redis's socket."""
        inside = self.state_folder / "redis.sock"
        if len(str(inside).encode()) <= LONGEST_SOCKET_PATH:
            return inside
        return Path(gettempdir()) / f"voicefarm-{sha256(str(inside).encode()).hexdigest()[:16]}.sock"

    @property
    def resolved_broker_url(self) -> str:
        """The broker to connect to."""
        return self.broker_url or f"redis+socket://{quote(str(self.socket_path))}"

    @property
    def resolved_database_url(self) -> str:
        """The database to connect to; psycopg 3 where a PostgreSQL URL names no driver."""
        url = self.database_url or f"sqlite:///{quote(str(self.state_folder / 'records.sqlite3'))}"
        for spelling in ("postgres://", "postgresql://"):
            if url.startswith(spelling):
                return "postgresql+psycopg://" + url.removeprefix(spelling)
        return url

    @property
    def resolved_objects_url(self) -> str:
        """The object store to use."""
        return self.objects_url or (self.state_folder / "objects").as_uri()

    @property
    def tag_set(self) -> frozenset[str]:
        """The tags as a set."""
        return frozenset(t.strip() for t in self.tags.split(",") if t.strip())

    def shown(self) -> dict[str, str]:
        """Every setting as text that may be shown to anybody: secrets are hidden."""
        return {f.name: _shown(f.name, str(getattr(self, f.name)), secret=f.metadata["secret"]) for f in fields(self)}

    def as_environment(self) -> dict[str, str]:
        """The same settings for a child process, whatever its environment or a file would say."""
        return {ENV_PREFIX + f.name.upper(): str(getattr(self, f.name)) for f in fields(self)}


def redacted(value: str) -> str:
    """A secret's place holder; of a URL only the password is hidden."""
    if not value:
        return ""
    # Not urlsplit: a password that was not percent-encoded, as in `redis://:a/b@host`, must not slip through either.
    found = re.fullmatch(r"([A-Za-z][\w+.-]*://)(.*)", value, re.DOTALL)
    if not found:
        return "(set)"
    scheme, rest = found.groups()
    who, at, where = ("", "", rest) if rest.startswith("/") else rest.rpartition("@")
    if "?" in who:
        # A password in the query, or a question mark in a password: nobody can say which.
        return scheme + "***"
    user, *hidden = re.split("[:/#@]", who, maxsplit=1)
    return scheme + user + (":***" if hidden else "") + at + re.split("[?#]", where, maxsplit=1)[0]


def _shown(name: str, value: str, *, secret: bool) -> str:
    if secret and not name.endswith("_url"):
        return "(set)" if value else ""
    return redacted(value) if secret else value


def _from_file(environ: Mapping[str, str]) -> dict[str, Any]:
    named = environ.get(ENV_PREFIX + "CONFIG")
    places = [Path(named)] if named else [Path("voicefarm.toml"), Path.home() / ".config/voicefarm/voicefarm.toml"]
    for place in places:
        try:
            return tomllib.loads(place.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{place} cannot be read ({error}); mend it or move it away") from error
    if named:
        raise SettingsError(f"VOICEFARM_CONFIG names {named}, which does not exist; correct or unset it")
    return {}


def _as_kind(name: str, value: object, default: object) -> Any:
    """The value as its default's type; numbers must not be negative."""
    try:
        if isinstance(default, str):
            return ",".join(map(str, value)) if isinstance(value, list) else str(value)
        number = int(str(value)) if isinstance(default, int) else float(str(value))
    except ValueError as error:
        raise SettingsError(f"setting {name} is '{value}', which is no number; give one such as {default}") from error
    if not math.isfinite(number):
        raise SettingsError(f"setting {name} is {value}, which is without bounds; give one such as {default}")
    if number < 0:
        raise SettingsError(f"setting {name} is {value}, but must not be negative; give one such as {default}")
    return number
