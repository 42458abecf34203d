"""Where a recording or a result lies that is not on this machine: s3://bucket/key, or http(s)://host/path."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import cast
from urllib.parse import quote, unquote

from storage.errors import InputError

#: Schemes that can be read; results go to the first only.
SCHEMES = ("s3", "http", "https")
WEB = ("http", "https")
#: Two letters at least: a single one would be a drive.
_WRITTEN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
#: The same in a Path, where two or three slashes are one.
_IN_PATH = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?:/|$)")
#: A server's name or number with or without its port.
_SERVER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]\x00-\x20\x7f]+)(:\d{1,5})?")
#: What stays as it is in a URL's path and query.
_AS_IT_IS = "/%:@!$&'()*+,;=?"
#: What no name of a file may have: slashes of either kind, and what a terminal obeys.
_UNNAMEABLE = re.compile(r"[/\\\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Address:
    """An object in a bucket, or a file on a web server; as text without user and query, which may be secret."""

    scheme: str
    host: str
    """The bucket, or the server with its port."""
    key: str
    """The object's key as it is, or the path as the URL spells it; a prefix ends in a slash."""
    secret: tuple[str, str] = field(default=("", ""), repr=False)
    """User and password before the host, and the query, of a URL."""
    called: str = field(default="", compare=False)
    """The file's name, where a server told another than the URL does."""
    bytes: int = field(default=0, compare=False)
    """Its size, where a listing told it."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}/{self.key}"

    @property
    def url(self) -> str:
        """The URL with everything that it was given with; never to be shown."""
        who, query = self.secret
        return f"{self.scheme}://{who and who + '@'}{self.host}/{self.key}{query and '?' + query}"

    @property
    def is_folder(self) -> bool:
        """Whether it says that it stands for all that is below it."""
        return not self.key or self.key.endswith("/")

    @property
    def name(self) -> str:
        """What the file is called."""
        last = self.key.rstrip("/").rpartition("/")[2]
        return self.called or file_name(last if self.scheme == "s3" else unquote(last)) or self.host

    @property
    def stem(self) -> str:
        """Its name without the ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The ending of its name, with the dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> "Address":
        """What it lies in."""
        before, slash, _ = self.key.rstrip("/").rpartition("/")
        return replace(self, key=before + slash, called="")

    def with_suffix(self, suffix: str) -> "Address":
        """The same with another ending."""
        return self.parent / (self.stem + suffix)

    def __truediv__(self, below: str | PurePath) -> "Address":
        folder = self.key if self.is_folder else self.key + "/"
        return replace(self, key=folder + PurePosixPath(below).as_posix(), called="", bytes=0)


#: Where a recording or a result lies.
Place = Path | Address


def read_place(text: str) -> Place:
    """What a text names: a path, unless it is written like an address; refuses addresses of other kinds."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return Path(text)
    scheme, rest = found[1].lower(), found[2]
    if scheme not in SCHEMES:
        return Path(text)
    if scheme == "s3":
        host, _, key = rest.partition("/")
        return Address(scheme, _named(host, text), key)
    before, _, _ = rest.partition("#")
    before, _, query = before.partition("?")
    host, _, path = before.partition("/")
    who, _, host = host.rpartition("@")
    # As a browser would send it: what a URL may not hold is escaped, what is escaped already stays so.
    spelt, query = quote(path, safe=_AS_IT_IS), quote(query, safe=_AS_IT_IS)
    return Address(scheme, _named(host, f"{scheme}://…"), spelt, (who, query))


def check_web_address(text: str) -> Address:
    """The address of a web server that something can be sent to; refuses anything else, without repeating it."""
    place = read_place(text.strip())
    host = place.host if isinstance(place, Address) and place.scheme in WEB else ""
    if not _SERVER.fullmatch(host):
        raise InputError("what is to be told of ends is no address of a web server; write https://host/path")
    return cast("Address", place)


def placed(path: Path) -> Place:
    """The address that a path spells, for callers who made a Path of one."""
    written = address_of(path)
    return path if written is None else read_place(written)


def address_of(path: Path) -> str | None:
    """The address as it was written, if a path spells one."""
    found = _IN_PATH.match(str(path))
    return found and f"{found[1]}:{'///' if found[1].lower() == 'file' else '//'}{str(path)[found.end() :]}"


def file_name(text: str) -> str:
    """A foreign text as the name of a file."""
    return _UNNAMEABLE.sub("_", text).strip().lstrip(".")[-200:]


def _named(host: str, shown: str) -> str:
    if not host:
        raise InputError(f"{shown} names no {'bucket' if shown.startswith('s3') else 'server'}; write it in full")
    return host
