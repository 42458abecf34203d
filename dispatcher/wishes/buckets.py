"""What lies in buckets: recordings below a prefix, and results that may be there already."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from storage.audio.mark import ENDS, mark_in_ends
from storage.errors import InputError
from storage.objects.address import Address
from storage.objects.reach import Reach

if TYPE_CHECKING:
    # Importing boto3 takes a third of a second, and most conversions never leave this machine.
    from storage.objects.bucket import Bucket, Found

#: Objects looked into at a time: each look is a request or two, which mostly wait.
LOOKS_AT_A_TIME = 12


def objects_below(bucket: "Bucket", folder: Address) -> "Iterator[tuple[Found, PurePosixPath]]":
    """The objects of a folder with their paths in it; those with hidden names, and markers of folders, are left out."""
    prefix = folder.key if folder.is_folder else folder.key + "/"
    for found in bucket.list(prefix):
        parts = found.key.removeprefix(prefix).split("/")
        if all(part and not part.startswith(".") for part in parts):
            yield found, PurePosixPath(*parts)


def marks_of(bucket: "Bucket", objects: "Iterable[Found]") -> list[str | None]:
    """The marks in objects; None where there is none or it cannot be read."""
    with ThreadPoolExecutor(LOOKS_AT_A_TIME, "looks") as pool:
        return list(pool.map(lambda found: _mark_of(bucket, found), objects))


def _mark_of(bucket: "Bucket", found: "Found") -> str | None:
    try:
        return mark_in_ends(bucket.ends(found, ENDS))
    except InputError:
        return None


class BucketPlaces:
    """Remembers which buckets are closed, and what lies below the folders that were listed."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._closed: dict[str, InputError | None] = {}
        self._listed: dict[str, dict[str, Found]] = {}

    def look_over(self, folder: Address) -> None:
        """List all that is in a folder once, where otherwise every object would be asked for by itself."""
        prefix = folder.key if folder.is_folder else folder.key + "/"
        known = {found.key: found for found in self.reach.bucket(folder).list(prefix)}
        self._listed[folder.host + "/" + prefix] = known

    def find(self, result: Address) -> "Found | None":
        """What is there already."""
        for folder, known in self._listed.items():
            if f"{result.host}/{result.key}".startswith(folder):
                return known.get(result.key)
        return self.reach.bucket(result).find(result.key)

    def mark(self, result: Address) -> str | None:
        """The mark in what is there; None if it has none or cannot be read."""
        found = self.find(result)
        return None if found is None else _mark_of(self.reach.bucket(result), found)

    def why_closed(self, result: Address) -> InputError | None:
        """Why nothing can be written there, if so; tried once for each bucket."""
        if result.scheme != "s3":
            return InputError(f"{result} is on a web server, and results are written to files and buckets only")
        if self.reach.is_inside_store(result):
            return InputError(f"{result} is among the objects that the farm keeps for itself; choose another prefix")
        if result.host not in self._closed:
            self._closed[result.host] = self._tried(result)
        return self._closed[result.host]

    def _tried(self, result: Address) -> InputError | None:
        try:
            self.reach.bucket(result).try_writing(result.parent.key)
        except InputError as refusal:
            return refusal
        return None
