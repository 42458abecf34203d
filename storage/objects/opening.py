"""Opens the object store that a URL names."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from storage.errors import SettingsError
from storage.objects.folder import FolderStore
from storage.objects.store import ObjectStore
from storage.settings import Settings


def open_store(settings: Settings) -> ObjectStore:
    """The object store that the settings name; nothing is requested from it yet."""
    url = urlsplit(settings.resolved_objects_url)
    if url.scheme == "file" and url.path and url.netloc in ("", "localhost"):
        return FolderStore(Path(unquote(url.path)))
    if url.scheme == "s3" and url.netloc:
        # Importing boto3 takes a third of a second, and a farm on one machine never needs it.
        from storage.objects.s3 import S3Store

        return S3Store(url.netloc, url.path, settings)
    raise SettingsError(
        f"VOICEFARM_OBJECTS_URL is '{settings.objects_url}'; it must be s3://bucket/prefix or file:///folder"
    )
