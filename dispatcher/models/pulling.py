"""Getting the models that everybody uses: download, check, add."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from dispatcher.models.adding import Adding
from dispatcher.models.downloading import Tell, download
from dispatcher.models.known import KnownModel, find_model
from dispatcher.models.naming import model_name
from dispatcher.models.public_files import HOST, PUBLIC_MODELS, PublicModel
from storage.errors import InputError

#: Shows how a model's download goes on, for as long as it lasts.
Showing = Callable[[PublicModel], AbstractContextManager[Tell]]


@dataclass(frozen=True, slots=True)
class Pulling:
    """Pulls models into a folder and from there into the farm."""

    adding: Adding
    folder: Path
    host: str = HOST
    public: Mapping[str, PublicModel] = field(default_factory=lambda: PUBLIC_MODELS)

    def wanted(self, names: tuple[str, ...]) -> list[PublicModel]:
        """The models of these names, or all."""
        known_as = [model_name(name) for name in names]
        for name in known_as:
            if name not in self.public:
                raise InputError(
                    f"'{name}' is not among the files that can be pulled, which are {', '.join(self.public)};"
                    " add it with `voicefarm model add FILE`"
                )
        return [self.public[name] for name in known_as or self.public]

    def pull(self, model: PublicModel, showing: Showing) -> KnownModel | None:
        """The model, added; None where the farm had it already."""
        if find_model(self.adding.database, model.name) is not None:
            return None
        with showing(model) as tell:
            file = download(model, self.folder, self.host, tell)
        added, _ = self.adding.model(file, model.name)
        # Kept until it is in the store: a fault on the way there must not cost another download.
        file.unlink()
        return added
