"""The files in which a device's figures are kept and sent around: one measurement, in four documents.

Each has a number for its form, and a schema that follows from the classes here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from dispatcher.benchmarks.comparison import Comparison
from storage.errors import InputError
from workers.engines.probe import Kernel, Peaks
from workers.measuring.figure import Figure
from workers.measuring.measurement import SCHEMA_VERSION, Conditions, DeviceFacts, Measurement, Stage


@dataclass(frozen=True, slots=True)
class DeviceDocument:
    """What was measured, and how things stood."""

    schema_version: int
    facts: DeviceFacts
    conditions: Conditions
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SummaryDocument:
    """All figures."""

    schema_version: int
    is_short: bool
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class PipelineDocument:
    """The stages of a conversion, for a second of audio."""

    schema_version: int
    stages: tuple[Stage, ...]
    peaks: Peaks | None = None


@dataclass(frozen=True, slots=True)
class KernelsDocument:
    """What the device's time went to."""

    schema_version: int
    kernels: tuple[Kernel, ...]


Document = DeviceDocument | SummaryDocument | PipelineDocument | KernelsDocument

D = TypeVar("D", DeviceDocument, SummaryDocument, PipelineDocument, KernelsDocument)

#: The names that these files have where there is a GPU, as the field calls them, and where there is none.
DEVICE = ("gpu_info.json", "device_info.json")
KERNELS = ("cuda_kernels_profile.json", "kernels_profile.json")
SUMMARY = "benchmark_summary.json"
PIPELINE = "pipeline_profile.json"
#: The one file of several devices.
COMPARISON = "comparison.json"
_KINDS: Mapping[str, type[Document] | type[Comparison]] = {
    **dict.fromkeys(DEVICE, DeviceDocument),
    SUMMARY: SummaryDocument,
    PIPELINE: PipelineDocument,
    **dict.fromkeys(KERNELS, KernelsDocument),
    COMPARISON: Comparison,
}


def documents_of(measured: Measurement) -> dict[str, Document]:
    """A measurement as documents, by the names of their files."""
    version = measured.schema_version
    without = 0 if has_gpu(measured.facts) else 1
    return {
        DEVICE[without]: DeviceDocument(version, measured.facts, measured.conditions, measured.remarks),
        SUMMARY: SummaryDocument(version, measured.is_short, measured.figures),
        PIPELINE: PipelineDocument(version, measured.stages, measured.peaks),
        KERNELS[without]: KernelsDocument(version, measured.kernels),
    }


def has_gpu(facts: DeviceFacts) -> bool:
    """Whether the device is a GPU; MLX has one on Macs alone."""
    return facts.capability == "cuda" or (facts.capability == "mlx" and facts.system.startswith("Darwin"))


def written(document: Document | Comparison) -> bytes:
    """A document as it stands in a file."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def read_document(kind: type[D], content: bytes, where: str) -> D:
    """Read a document, field by field, whoever wrote it; raises an InputError that names the place."""
    try:
        version = msgspec.json.decode(content, type=dict[str, Any]).get("schema_version")
        if version != SCHEMA_VERSION:
            raise InputError(
                f"{where} has the form {version!r}, and this program reads {SCHEMA_VERSION}; measure again, or read it"
                " with the program that wrote it"
            )
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise InputError(f"{where} is not what it should be ({error}); measure again, or get the file anew") from error


def measurement_in(document: Mapping[str, Any], where: str) -> Measurement:
    """A whole measurement as a worker sends it, field by field; raises an InputError that names where it is from."""
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        raise InputError(
            f"{where} has the form {version!r}, and this program reads {SCHEMA_VERSION}; upgrade the older of the two"
        )
    try:
        return msgspec.convert(document, Measurement)
    except msgspec.ValidationError as error:
        raise InputError(f"{where} is not what it should be ({error}); upgrade the older of the two") from error


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of the file with this name."""
    schema: dict[str, Any] = msgspec.json.schema(_KINDS[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, **schema}


def file_names() -> tuple[str, ...]:
    """The names of all such files."""
    return tuple(_KINDS)
