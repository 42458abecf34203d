"""A device's folder: what is written is read again, by schema, and what is none is refused in a sentence."""

import json
from pathlib import Path

import jsonschema
import pytest

from dispatcher.benchmarks.documents import SummaryDocument, file_names, read_document, schema_of
from dispatcher.benchmarks.folder import REPORT, device_folder, device_folders, read_folder, write_folder
from dispatcher.benchmarks.together import PAGE, compare_together
from storage.errors import InputError
from tests.benchmarks.measured import measured, speed
from tests.benchmarks.schemas import FOLDER, text_of

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path for path in (ROOT / "benchmarks").rglob("*.json"))


def test_a_folder_gives_back_what_was_measured(tmp_path: Path) -> None:
    for given in (measured(), measured(noise=("a disk was busy",), capability="cuda", machine_class="cuda.h200")):
        place = device_folder(tmp_path, given)
        write_folder(place, given)
        assert read_folder(place) == given


def test_devices_with_a_gpu_keep_the_names_that_the_field_has(tmp_path: Path) -> None:
    write_folder(tmp_path / "a", measured(capability="cuda"))
    write_folder(tmp_path / "b", measured(capability="mlx", system="Darwin 24"))
    write_folder(tmp_path / "c", measured(capability="mlx"))
    common = {"benchmark_summary.json", "pipeline_profile.json", REPORT}
    gpu, none = {"gpu_info.json", "cuda_kernels_profile.json"}, {"device_info.json", "kernels_profile.json"}
    assert [{path.name for path in (tmp_path / name).iterdir()} - common for name in "abc"] == [gpu, gpu, none]


def test_every_file_is_as_its_schema_says(tmp_path: Path) -> None:
    for capability in ("cpu", "cuda"):
        write_folder(tmp_path / capability, measured(capability=capability))
    compare_together([tmp_path], tmp_path)
    written = sorted(tmp_path.rglob("*.json"))
    assert {path.name for path in written} == set(file_names())
    for path in [*written, *SHIPPED]:
        schema = json.loads((FOLDER / path.name).read_text(encoding="utf-8"))
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema_version": 1}, schema_of("benchmark_summary.json"))


@pytest.mark.parametrize("name", file_names())
def test_the_schemas_in_the_docs_are_those_of_the_program(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(name), "run python -m tests.benchmarks.schemas"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not what it should be"),
        (b"[1]", "is not what it should be"),
        (b'{"schema_version": 1}', "missing required field"),
        (b'{"schema_version": 2, "is_short": true, "figures": []}', "has the form 2"),
        (b'{"schema_version": 1, "is_short": "yes", "figures": []}', "Expected `bool`"),
        (b'{"schema_version": 1, "is_short": true, "figures": [{"suite": 1}]}', "Expected `str`"),
    ],
)
def test_what_is_no_measurement_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_document(SummaryDocument, content, "x.json")


def test_a_folder_without_its_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no measured device"):
        list(device_folders((tmp_path,)))
    write_folder(tmp_path / "a", measured())
    (tmp_path / "a" / "device_info.json").unlink()
    with pytest.raises(InputError, match=r"has no gpu_info.json or device_info.json"):
        read_folder(tmp_path / "a")


def test_two_machines_of_one_class_have_a_folder_each_and_one_measured_again_keeps_its_own(tmp_path: Path) -> None:
    for host in ("one", "two", "one", "two"):
        given = measured(host=host)
        write_folder(device_folder(tmp_path, given), given)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cpu.test", "cpu.test.two"]


def test_devices_that_never_met_are_compared(tmp_path: Path) -> None:
    write_folder(tmp_path / "here" / "cpu.test", measured())
    write_folder(tmp_path / "by-mail" / "cuda.h200", measured(speed(300.0), capability="cuda", host="far"))
    out = tmp_path / "out"
    found = compare_together([tmp_path / "here", tmp_path / "by-mail" / "cuda.h200"], out)
    assert [one.name for one in found.devices] == ["cuda.h200", "cpu.test"]
    assert json.loads((out / "comparison.json").read_text())["devices"][0]["realtime"] == 300.0
    page = (out / PAGE).read_text()
    assert "| Test 1, 2 cores (`cuda.h200`) | far | 300.0x |" in page
    assert (out / "comparison.png").read_bytes().startswith(b"\x89PNG")
