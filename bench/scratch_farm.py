"""A farm's records and store in a temporary folder, without processes, to measure one part by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import numpy as np
import soundfile

from dispatcher.jobs.checking import check_request
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from migrations.running import upgrade
from storage.objects.folder import FolderStore
from storage.records.database import Database
from storage.settings import Settings
from testing.quiet import quiet_turns
from workers.engines.packages import Packages


@dataclass(frozen=True, slots=True)
class ScratchFarm:
    """Records, store and settings, which most parts need."""

    folder: Path
    settings: Settings
    database: Database
    store: FolderStore

    @property
    def packages(self) -> Packages:
        """The store's voices and models, fetched when asked for."""
        return Packages.of(self.settings, self.store, Event())

    def submit(self, path: Path, voice: str, **request: object) -> int:
        """Submit a recording; the job's number."""
        wanted = Request(voice=voice, **request)  # type: ignore[arg-type]
        return submit(
            quiet_turns(self.database, self.settings),
            self.store,
            path,
            check_request(self.database, self.settings, wanted),
        )


@contextmanager
def scratch_farm() -> Iterator[ScratchFarm]:
    """Records and store that are removed afterwards."""
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        folder = Path(name)
        settings = Settings(state=str(folder / "state"), scratch=name)
        database = Database(settings.resolved_database_url)
        upgrade(database)
        yield ScratchFarm(folder, settings, database, FolderStore(folder / "objects"))
        database.close()


def cheap_recording(path: Path, seconds: float, rate: int = 44_100, channels: int = 2) -> None:
    """Write noise with pauses as 16-bit WAV, in blocks; it is as much work to read and cut as a real recording."""
    rng = np.random.default_rng(7)
    block = (rng.standard_normal((rate * 10, channels)) * 0.1).astype(np.float32)
    block[rate * 8 : rate * 8 + rate // 2] = 0.0
    left = round(seconds * rate)
    kind = "RF64" if left * channels * 2 > 4_000_000_000 else "WAV"
    with soundfile.SoundFile(path, "w", rate, channels, "PCM_16", format=kind) as file:
        while left > 0:
            file.write(block[:left])
            left -= len(block)
