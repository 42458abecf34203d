"""RVC's files as the farm sees them: their options, how they become packages, and which models fit which voices."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.errors import InputError
from storage.remedies import Act, Remedy
from workers.engines.package import VOICE
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.files.voice_training import USUAL
from workers.engines.rvc.package import ENCODER, PITCH, Description
from workers.engines.rvc.public_files import HOST, PUBLIC_MODELS
from workers.engines.samples import Samples
from workers.engines.voice import NeededModel, PackageFolders
from workers.engines.voice_files import FileOption, OptionForm, Packed, VoiceFiles
from workers.wire.routes import TAG

#: Other names of the same models: what RVC's users call HuBERT is ContentVec.
_ALSO_CALLED = {"hubert": "contentvec", "hubert-base": "contentvec", "content-vec-best": "contentvec"}
#: Names of files that say nothing about their contents.
_SAY_NOTHING = frozenset({"model", "pytorch-model"})
#: Fields of a recipe that name packages, with their kinds and the folders that an export writes them to.
_PARTS = (("package", VOICE, "voice"), ("encoder", ENCODER, "encoder"), ("pitch_model", PITCH, "pitch"))


class RvcFiles(VoiceFiles):
    """Voices as .pth files with their .index, content encoders, and pitch nets."""

    options = (
        FileOption("index", OptionForm.PATH, "The voice's .index, which makes it sound more like the speaker."),
        FileOption("most_vectors", OptionForm.COUNT, "Keep at most this many vectors of a large index."),
        FileOption("rate", OptionForm.WHOLE, "Hertz, if a training checkpoint (G_….pth) does not show it."),
    )
    model_kinds: Mapping[str, str] = {ENCODER: "content encoder", PITCH: "pitch model"}
    public_host = HOST
    public_models = PUBLIC_MODELS
    programs = ("mlx-swift",)

    def read_voice(self, path: Path, options: Mapping[str, Any], folder: Path) -> Packed:
        """Read a voice and the vectors of its index; nothing in the files is run."""
        # Imported here, because only reading such files needs it.
        from workers.engines.rvc.files.packing import write_package
        from workers.engines.rvc.files.voice_file import read_voice

        draft = read_voice(path, options.get("index"), options.get("most_vectors"), options.get("rate"))
        description = write_package(draft, folder)
        return packed_of(description, self.recipe_of(description), str(draft.facts["name"]))

    def read_model(self, path: Path, folder: Path) -> Packed:
        """Read a content encoder or a pitch net."""
        from workers.engines.rvc.files.model_file import read_model
        from workers.engines.rvc.files.packing import write_package

        draft = read_model(path)
        description = write_package(draft, folder)
        size = sum(file.bytes for file in description.files.values())
        facts = {**description.facts, "sizes": description.sizes.to_json(), "bytes": size}
        return packed_of(description, facts, str(draft.facts["name"]))

    def tensors(self, path: Path, group: str) -> dict[str, Samples]:
        """The tensors of a torch file of either form."""
        from workers.engines.rvc.files.checkpoint import open_checkpoint
        from workers.engines.rvc.files.recognition import form_of
        from workers.engines.rvc.files.torch_tensor import TorchTensor

        with open_checkpoint(path, form_of(path)) as said:
            found = said.get(group)
            if not isinstance(found, dict):
                raise InputError(f"{path} holds nothing under the name {group}; get another copy")
            return {str(name): tensor.read() for name, tensor in found.items() if isinstance(tensor, TorchTensor)}

    def recipe_of(self, description: Description) -> dict[str, Any]:
        """The recipe that the records keep of a voice's package."""
        sizes, facts = description.sizes, description.facts
        if not isinstance(sizes, SynthesizerSizes):
            raise InputError(f"a package of kind {description.kind} is not a voice", Remedy(Act.ADD_MODELS))
        return {
            "package": description.hash,
            "rate": sizes.rate,
            "has_pitch": sizes.has_pitch,
            "content": sizes.content,
            "embedder": self.model_name(str(facts.get("embedder") or USUAL)),
            "speakers": sizes.speakers,
            "speaker_names": {str(number): str(name) for number, name in facts.get("speakers", {}).items()},
            "vectors": int(facts.get("vectors") or 0),
        }

    def model_name(self, given: str) -> str:
        """The canonical name of a model."""
        name = given.strip().lower().replace("_", "-")
        if not TAG.fullmatch(name):
            raise InputError(f"'{given}' cannot name a model; use letters, digits, dots and hyphens")
        return _ALSO_CALLED.get(name, name)

    def name_of_file(self, stem: str) -> str:
        """The name of a model from that of its file."""
        name = self.model_name(stem)
        if name in _SAY_NOTHING:
            raise InputError(
                f"a file called '{stem}' does not say which model it is", Remedy(Act.SAY_WHICH_MODEL, "contentvec")
            )
        return name

    def why_unfit(self, model: Mapping[str, Any], needed: NeededModel, recipe: Mapping[str, Any]) -> str | None:
        """Why the model does not fit. An encoder gives one width, or two if its file has the projection to another."""
        sizes, width = model.get("sizes", {}), recipe.get("content")
        if needed.kind != ENCODER or width in (sizes.get("hidden"), sizes.get("projection")):
            return None
        return (
            f"needs content features {width} wide, which the content encoder {needed.name} does not give; add a file of"
            " this encoder that has `final_proj`"
        )

    def export(self, program: str, recipe: Mapping[str, Any], packages: PackageFolders, out: Path) -> None:
        """Write the voice and its models, each to a folder of its own."""
        from workers.engines.rvc.exporting import export_for_mlx_swift

        if program not in self.programs:
            raise InputError(f"voices cannot be exported for '{program}'; choose one of {', '.join(self.programs)}")
        for field, kind, folder in _PARTS:
            if field in recipe:
                export_for_mlx_swift(packages(str(recipe[field]), kind), out / folder)


def packed_of(description: Description, facts: Mapping[str, Any], name: str = "") -> Packed:
    """What the farm must know about a package to keep it."""
    return Packed(description.kind, description.hash, description.to_bytes(), description.files, facts, name)


RVC_FILES = RvcFiles()
