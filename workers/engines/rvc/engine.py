"""RVC voices as the farm sees them."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from storage.errors import InputError
from storage.keys import digest
from storage.remedies import Act, Remedy
from workers.engines.engine import Engine, Way
from workers.engines.probe import Probe, Work
from workers.engines.rvc.architecture import ANALYSIS_RATE, CONTENT_HOP, EncoderSizes, PitchSizes
from workers.engines.rvc.framework import Framework
from workers.engines.rvc.numbers import EVERYWHERE, PACES, processor_has_bf16
from workers.engines.rvc.package import ENCODER, PITCH
from workers.engines.rvc.recipe import RvcRecipe
from workers.engines.rvc.settings import AUTO, RvcSettings
from workers.engines.rvc.strip import CONTEXT
from workers.engines.setting import declared
from workers.engines.voice import FoundDevice, NeededModel, PackageFolders, Shelf, Voice
from workers.engines.voice_files import VoiceFiles

#: The framework that each capability converts with.
FRAMEWORKS = {"cuda": "torch", "cpu": "torch", "mlx": "mlx"}

#: Seconds of audio that fill an NVIDIA device's batches several times, so that what the last one lacks is little. It
#: converts them in a fraction of a second, for which a job that is cancelled waits.
TOGETHER_ON_CUDA = 120.0

#: Width of the content features that voices of RVC's first version need; those of the second need wider ones.
_WIDTH_OF_V1 = 256


class RvcEngine(Engine):
    """Trained voices, converted with content features, pitch, retrieval and a generator."""

    name = "rvc"
    title = "RVC"
    version = "3"
    rate_in = ANALYSIS_RATE
    context_seconds = CONTEXT * CONTENT_HOP / ANALYSIS_RATE
    # Measured on a processor in single precision: 2.2 GB at work, up to 2.8 GB while a voice is fetched and loaded.
    worker_bytes = 2_800_000_000
    has_nets = True
    settings = declared(RvcSettings)
    unheard = frozenset({"vectors", "speaker_names"})

    def rate_out(self, recipe: Mapping[str, Any]) -> int:
        """The sample rate that the voice was trained at."""
        return int(recipe["rate"])

    def runs_on(self, capability: str) -> bool:
        """Whether the framework for this capability is installed here."""
        return find_spec(FRAMEWORKS[capability]) is not None

    def seconds_together(self, capability: str) -> float:
        """Enough for an NVIDIA device's batches; elsewhere one atom is work enough."""
        return TOGETHER_ON_CUDA if capability == "cuda" else 0.0

    def offers(self, capability: str) -> frozenset[str]:
        """The kinds of half precision that the device multiplies at full speed."""
        if capability == "cpu":
            return frozenset({_offer("bf16")} if processor_has_bf16() else ())
        return frozenset(map(_offer, _framework(capability).halves())) if self.runs_on(capability) else frozenset()

    def needs(self, settings: Mapping[str, Any]) -> frozenset[str]:
        """The precision, unless every device has it or it is still to be chosen."""
        precision = settings.get("precision", EVERYWHERE)
        return frozenset(() if precision in (AUTO, EVERYWHERE) else {_offer(precision)})

    def ways(self, settings: Mapping[str, Any]) -> tuple[Way, ...]:
        """The precisions, if the job left that to the farm."""
        if settings.get("precision") != AUTO:
            return ()
        return tuple(Way({**settings, "precision": precision}, pace) for precision, pace in PACES.items())

    def in_common(self, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:
        """The encoder and its layers, the pitch as it is found, and the numbers that both are computed in."""
        asked = RvcSettings.from_json(settings)
        if asked.precision == AUTO:
            return None
        by_net = asked.pitch_method == "rmvpe"
        limits = None if by_net else (asked.pitch_low, asked.pitch_high)
        pitch = (asked.pitch_method, recipe.get("pitch_model") if by_net else None, limits)
        means = {
            "version": self.version,
            "encoder": recipe["encoder"],
            "content": recipe["content"],
            "pitch": pitch if recipe["has_pitch"] else None,
            "pauses": asked.pauses,
            "precision": asked.precision,
        }
        return digest(means)[:32]

    def semitones(self, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> float | None:
        """The job's; None if it is drawn towards notes, or the voice was trained without pitch."""
        asked = RvcSettings.from_json(settings)
        return asked.transpose if recipe["has_pitch"] and not asked.autotune else None

    def device(self, capability: str) -> FoundDevice | None:
        """The device that the capability's framework finds."""
        return _framework(capability).device() if self.runs_on(capability) else None

    def checked_recipe(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """The recipe of a voice, as read from its file."""
        missing = {"package", "rate", "has_pitch", "content", "embedder", "speakers"} - set(recipe)
        if missing:
            raise InputError(
                f"the recipe of an RVC voice has no {', '.join(sorted(missing))}; such voices must come from files",
                Remedy(Act.ADD_VOICE),
            )
        return dict(recipe)

    def checked_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings, complete and valid."""
        return asdict(RvcSettings.from_json(settings))

    def in_own_words(self, recipe: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that people asked for, with a speaker's name turned into its number."""
        wanted = super().in_own_words(recipe, asked)
        if "speaker" in wanted and "speakers" in recipe:
            wanted["speaker"] = _speaker(recipe, wanted["speaker"])
        return wanted

    def needed_models(self, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[NeededModel, ...]:
        """The content encoder that the voice was trained with, and the pitch net if it finds the pitch."""
        if settings["speaker"] >= recipe["speakers"]:
            raise InputError(
                f"the voice has no speaker {settings['speaker']}; its speakers are 0 to {recipe['speakers'] - 1}"
            )
        encoder = NeededModel("encoder", str(recipe["embedder"]), ENCODER)
        if recipe["has_pitch"] and settings["pitch_method"] == "rmvpe":
            return encoder, NeededModel("pitch_model", "rmvpe", PITCH)
        return (encoder,)

    def load(self, recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:
        """A voice ready to convert on this capability's device."""
        return _framework(capability).load(RvcRecipe.from_json(recipe), packages, capability)

    def stand_in(self, folder: Path) -> dict[str, Any]:
        """A voice of 48 kHz with a large index."""
        from workers.engines.rvc.stand_in import STAND_IN_VECTORS, VOICE_48K, random_voice

        recipe = asdict(random_voice(folder, vectors=STAND_IN_VECTORS))
        return {**recipe, "rate": VOICE_48K.rate, "has_pitch": True, "content": VOICE_48K.content}

    def arithmetic(self, seconds: float) -> Mapping[str, Work]:
        """Of the voice above, with its encoder and pitch net."""
        from workers.engines.rvc.stand_in import STAND_IN_VECTORS, VOICE_48K
        from workers.engines.rvc.work import voice_work

        return voice_work(VOICE_48K, EncoderSizes(), PitchSizes(), STAND_IN_VECTORS, seconds)

    def probe(self, capability: str) -> Probe:
        """What the capability's framework can tell."""
        return _framework(capability).probe(capability)

    def warm_up(self, capability: str, shelf: Shelf) -> None:
        """Share compiled programs with machines of the same kind."""
        if capability == "cuda":
            _framework(capability).warm_up(capability, shelf, self.version)

    def called(self, recipe: Mapping[str, Any]) -> str:
        """The engine's name, with the version of RVC that the voice was trained for."""
        return f"{self.name} {'v1' if recipe['content'] == _WIDTH_OF_V1 else 'v2'}"

    def shown(self, recipe: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
        """The facts read from the voice's file."""
        names: Mapping[str, str] = recipe.get("speaker_names") or {}
        vectors = recipe.get("vectors") or 0
        return (
            ("pitch", "yes" if recipe["has_pitch"] else "no"),
            ("index", f"{vectors} vectors" if vectors else "none"),
            ("speakers", recipe["speakers"]),
            *(("speaker", f"{number} {name}") for number, name in sorted(names.items(), key=lambda s: int(s[0]))),
            ("encoder", recipe["embedder"]),
            ("package", recipe["package"]),
        )

    @property
    def files(self) -> VoiceFiles:
        """The reader and writer of RVC's voices and models."""
        found: object = import_module("workers.engines.rvc.files.door").RVC_FILES
        if not isinstance(found, VoiceFiles):
            raise TypeError("RVC_FILES is not a VoiceFiles")
        return found


def _offer(precision: str) -> str:
    return f"rvc.{precision}"


def _framework(capability: str) -> Framework:
    found: object = import_module(f"workers.engines.rvc.{FRAMEWORKS[capability]}.engine").FRAMEWORK
    if not isinstance(found, Framework):
        raise TypeError(f"FRAMEWORK in the folder {FRAMEWORKS[capability]} is not a Framework")
    return found


def _speaker(recipe: Mapping[str, Any], asked: object) -> int:
    """The number of a speaker that was given by number or by name."""
    names: Mapping[str, str] = recipe.get("speaker_names") or {}
    by_name = {name: int(number) for number, name in names.items()}
    number = by_name.get(str(asked), asked)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < int(recipe["speakers"]):
        named = f" ({', '.join(f'{n} {name}' for n, name in sorted(names.items()))})" if names else ""
        raise InputError(
            f"the voice has no speaker {asked!r}; its speakers are 0 to {int(recipe['speakers']) - 1}{named}"
        )
    return number


ENGINE = RvcEngine()
