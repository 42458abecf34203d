"""A folder for each device, as it is kept, sent by mail and put beside others."""

import re
from collections.abc import Iterator
from pathlib import Path

from dispatcher.benchmarks.documents import (
    DEVICE,
    KERNELS,
    PIPELINE,
    SUMMARY,
    D,
    DeviceDocument,
    KernelsDocument,
    PipelineDocument,
    SummaryDocument,
    documents_of,
    read_document,
    written,
)
from dispatcher.benchmarks.report import report_of
from dispatcher.jobs.whole_file import whole_file
from storage.errors import InputError
from workers.measuring.measurement import DeviceFacts, Measurement

#: What no folder's name has, whatever a worker says that its host is called.
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]")
REPORT = "benchmark_report.md"
#: Bytes of the largest file that is read; ours have a hundredth of that.
_LARGEST = 16 << 20


def device_folder(folder: Path, measured: Measurement) -> Path:
    """Where a measurement belongs: under its machine class; its host too if another machine of that class is there; and
    its number on the host if other workers are.
    """
    facts = measured.facts
    number = facts.worker.partition("@")[0].rpartition("-")[2]
    names = [facts.machine_class, f"{facts.machine_class}.{facts.host}"]
    names.append(f"{names[-1]}.{number or 'again'}")
    places = [folder / _NO_NAME.sub("_", name).lstrip(".") for name in names]
    free = (p for p in places[:-1] if not is_device_folder(p) or _is_same(read_folder(p).facts, facts))
    return next(free, places[-1])


def _is_same(one: DeviceFacts, other: DeviceFacts) -> bool:
    """Whether two are of one device: of workers on one host, each may have its own."""
    return one.host == other.host and (not one.worker or not other.worker or one.worker == other.worker)


def write_folder(place: Path, measured: Measurement) -> None:
    """Write all files of a measurement, replacing an older one's."""
    for name, document in documents_of(measured).items():
        _write(place / name, written(document))
    _write(place / REPORT, report_of(measured).encode())


def _write(target: Path, content: bytes) -> None:
    with whole_file(target) as path:
        path.write_bytes(content)


def is_device_folder(place: Path) -> bool:
    """Whether a folder holds a measurement."""
    return (place / SUMMARY).is_file()


def read_folder(place: Path) -> Measurement:
    """The measurement that a folder holds."""
    device, summary = _read(place, DeviceDocument, *DEVICE), _read(place, SummaryDocument, SUMMARY)
    pipeline, kernels = _read(place, PipelineDocument, PIPELINE), _read(place, KernelsDocument, *KERNELS)
    return Measurement(
        device.facts, device.conditions, summary.is_short, summary.figures, pipeline.stages, kernels.kernels,
        device.remarks, pipeline.peaks, device.schema_version,
    )  # fmt: skip


def _read(place: Path, kind: type[D], *names: str) -> D:
    """The first of these files that is there."""
    for name in names:
        path = place / name
        try:
            if path.stat().st_size > _LARGEST:
                raise InputError(f"{path} is far too large for what it should be; get the folder anew")
            return read_document(kind, path.read_bytes(), str(path))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror}); check its path and rights") from error
    raise InputError(f"{place} has no {' or '.join(names)}; give the folder of a measured device")


def device_folders(places: tuple[Path, ...]) -> Iterator[Path]:
    """The devices' folders among these and right below them, each once, by name."""
    seen: set[Path] = set()
    for place in places:
        inside = sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []
        found = [path for path in (place, *inside) if is_device_folder(path)]
        if not found:
            raise InputError(f"{place} holds no measured device; measure one first, or give the folder that has them")
        for path in found:
            if path.resolve() not in seen:
                seen.add(path.resolve())
                yield path
