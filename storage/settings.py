"""All settings of the farm: one table, read from voicefarm.toml and the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import quote

from storage.errors import SettingsError
from storage.secrets import redacted, redacted_place, secrets_of_url, without_secrets
from storage.settings_sources import ENV_PREFIX, as_kind, folder_of, read_environment, read_file, refuse_other_words

__all__ = ["ENV_PREFIX", "LONGEST_SOCKET_PATH", "Settings", "redacted"]

#: Secret settings that are URLs: only the password in them is hidden.
URLS = frozenset({"broker_url", "database_url"})
#: Settings that are not secret but may contain a secret.
PLACES = frozenset({"objects_url", "objects_endpoint", "hook_url"})
#: Kernels refuse longer socket paths (108 bytes with the final zero on Linux, 104 on macOS).
LONGEST_SOCKET_PATH = 100


def _setting(default: Any, doc: str, *, secret: bool = False, words: tuple[str, ...] = ()) -> Any:
    """A field; given `words`, its value is one of them."""
    return field(default=default, repr=not secret, metadata={"doc": doc, "secret": secret, "words": words})


def _data_home() -> Path:
    try:
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "voicefarm"
    except RuntimeError as error:
        raise SettingsError("this user has no home folder to keep data in; set HOME or VOICEFARM_STATE") from error


#: Objects fetched or stored at a time where that means waiting for a server.
AT_A_TIME = 4


@dataclass(frozen=True)
class Settings:
    """All settings, one field each; the environment variable is `VOICEFARM_` and the field's name in capitals."""

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
        "", "key that this machine's workers sign with: the whole line printed when it was made", secret=True
    )
    workers: int = _setting(
        0,
        "worker processes of the embedded farm; 0: one with an accelerator, otherwise one per core as memory allows",
    )
    studios: int = _setting(
        0, "recordings that a machine cuts or joins at a time, each in a process; 0: one for four cores, at least two"
    )
    tags: str = _setting("", "tags, comma-separated: what this worker offers; at the dispatcher: tags to be offered")
    lease_seconds: float = _setting(15.0, "longest lease, in seconds of the worker's own time")
    heartbeat_seconds: float = _setting(2.0, "how often a worker reports")
    lost_after_seconds: float = _setting(10.0, "a worker that has been silent for this long counts as lost")
    atom_seconds: float = _setting(30.0, "longest atom; the shortest is half of it")
    max_attempts: int = _setting(4, "tries of one atom before its job fails")
    mix_back: bool = _setting(
        False,  # noqa: FBT003 - it is a default
        "where one channel is converted, results get the recording's other channels too, unless a job asks for the"
        " voice alone; read where recordings are handed in",
    )
    keep_features: bool = _setting(
        False,  # noqa: FBT003 - it is a default
        "keep what this machine's workers find out of a recording (its pitch and content), half a gigabyte for an hour,"
        " so that another voice for it takes less time; where the store is slower than the machine, it takes more",
    )
    package_gigabytes: float = _setting(
        20.0, "room for voices and models fetched to this machine; the least recently used go first; 0: no limit"
    )
    keep_days: float = _setting(
        7.0, "how long sources, atoms, records of single pieces and notices are kept after a job ended; 0: for ever"
    )
    flower_port: int = _setting(
        0, "port of Flower on loopback, on a farm of one machine; 0: 5555, or the next that is free"
    )
    flower_password: str = _setting(
        "", "Flower's password; empty: generated once and kept in the state folder", secret=True
    )
    hook_command: str = _setting(
        "",
        "command that the dispatcher runs when a job or a batch has ended, with the event as JSON on its input",
    )
    hook_url: str = _setting("", "address to which the same event is posted: `https://host/path`")
    hook_secret: str = _setting(
        "", "secret that what is posted is signed with: `whsec_` and base64, or any text; empty: unsigned", secret=True
    )
    hook_jobs: str = _setting(
        "alone",
        "which jobs are told of by themselves: `alone` for those that belong to no batch, `all` for each",
        words=("alone", "all"),
    )
    price_per_hour: str = _setting(
        "",
        "what a machine costs an hour, by class or capability, in any currency: `cuda.h200=3.20, cpu=0.10`, or one"
        " number for all; reports then tell what an hour of audio costs",
    )
    price_per_kwh: str = _setting("", "the same for a kilowatt hour, where devices tell what they draw")
    log_level: str = _setting("WARNING", "log level of farm processes")

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read voicefarm.toml (`VOICEFARM_CONFIG`, the working folder, `~/.config/voicefarm`), then the environment."""
        environ = os.environ if environ is None else environ
        known = {f.name: f.default for f in fields(cls)}
        given = read_file(environ, known) | read_environment(environ, known)
        values = {name: as_kind(name, value, known[name]) for name, value in given.items()}
        for f in fields(cls):
            if words := f.metadata["words"]:
                refuse_other_words(f.name, values.get(f.name, f.default), words)
        return cls(**values)

    @cached_property
    def state_folder(self) -> Path:
        """The folder for what this machine keeps."""
        return folder_of("state", self.state).absolute() if self.state else _data_home()

    @cached_property
    def scratch_folder(self) -> Path:
        """The folder for temporary files."""
        return folder_of("scratch", self.scratch or gettempdir())

    @property
    def is_embedded(self) -> bool:
        """Whether the farm, including its broker, is private to this machine."""
        return not self.broker_url

    @cached_property
    def own_records(self) -> Path:
        """The file of the records unless a database is set."""
        return self.state_folder / "records.sqlite3"

    @property
    def transfers(self) -> int:
        """How many objects to fetch or store at a time: one where they lie on this machine, because then the processor
        takes the time, and threads only get in each other's way.
        """
        return 1 if self.has_objects_here else AT_A_TIME

    @property
    def has_objects_here(self) -> bool:
        """Whether the objects lie on this machine's own disk, which no other machine reads."""
        return not self.objects_url

    @property
    def shares_a_folder(self) -> bool:
        """Whether the objects are in a folder that somebody chose, which several users may share."""
        return self.objects_url.startswith("file:")

    @cached_property
    def socket_path(self) -> Path:
        """The private Redis's socket."""
        inside = self.state_folder / "redis.sock"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
            return inside
        return Path(gettempdir()) / f"voicefarm-{sha256(os.fsencode(inside)).hexdigest()[:16]}.sock"

    @property
    def resolved_broker_url(self) -> str:
        """The broker to connect to."""
        return self.broker_url or f"redis+socket://{quote(os.fsencode(self.socket_path))}"

    @property
    def resolved_database_url(self) -> str:
        """The database to connect to, with psycopg 3 if a PostgreSQL URL names no driver."""
        url = self.database_url or f"sqlite:///{quote(os.fsencode(self.own_records))}"
        for spelling in ("postgres://", "postgresql://"):
            if url.startswith(spelling):
                return "postgresql+psycopg://" + url.removeprefix(spelling)
        return url

    @property
    def resolved_objects_url(self) -> str:
        """The object store to use."""
        return self.objects_url or (self.state_folder / "objects").as_uri()

    @property
    def has_hooks(self) -> bool:
        """Whether somebody is told of every end."""
        return bool(self.hook_command or self.hook_url)

    @property
    def tag_set(self) -> frozenset[str]:
        """The tags as a set."""
        return frozenset(t.strip() for t in self.tags.split(",") if t.strip())

    def shown(self) -> dict[str, str]:
        """Every setting as text that may be shown to anybody, with secrets hidden."""
        return {f.name: _shown(f.name, str(getattr(self, f.name)), secret=f.metadata["secret"]) for f in fields(self)}

    def hide_secrets(self, text: str) -> str:
        """A text, such as an error's, with every secret in these settings hidden."""
        places = [getattr(self, name) for name in PLACES]
        urls = [self.broker_url, self.database_url, *(place for place in places if redacted_place(place) != place)]
        others = [getattr(self, f.name) for f in fields(self) if f.metadata["secret"] and f.name not in URLS]
        return without_secrets(text, {*others, *(secret for url in urls for secret in secrets_of_url(url))})

    def as_environment(self) -> dict[str, str]:
        """The environment that gives a child process the same settings, whatever its own environment or file says."""
        return {ENV_PREFIX + f.name.upper(): str(getattr(self, f.name)) for f in fields(self)}


def _shown(name: str, value: str, *, secret: bool) -> str:
    if not secret:
        return redacted_place(value) if name in PLACES else value
    return redacted(value) if name in URLS else "(set)" if value else ""
