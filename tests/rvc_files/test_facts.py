"""What a file says about itself goes into the package's facts, and nothing else does."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from storage.errors import InputError
from testing.voice_files.case import fewer, tiny_model
from testing.voice_files.indexes import ivf, vectors, write
from testing.voice_files.models import write_folder
from testing.voice_files.voices import exported, save, tiny, trained, with_extras
from workers.engines.rvc.files.voice_file import read_voice


def facts_of(said: object, tmp_path: Path) -> dict[str, Any]:
    return dict(read_voice(save(said, tmp_path / "anna.pth")).facts)


def test_a_plain_voice_tells_its_name_origin_version_and_epochs(tmp_path: Path) -> None:
    facts = facts_of(exported(tiny()), tmp_path)
    assert facts == {
        "name": "anna",
        "source_sha256": sha256((tmp_path / "anna.pth").read_bytes()).hexdigest(),
        "version": "v2",
        "layout": "exported",
        "embedder": "contentvec",
        "info": "200epoch",
        "epochs": 200,
    }


def test_extras_tell_their_author_and_epochs(tmp_path: Path) -> None:
    facts = facts_of(with_extras(tiny()), tmp_path)
    assert (facts["layout"], facts["author"], facts["epochs"]) == ("exported with extras", "someone", 300)


def test_a_training_checkpoint_tells_how_far_it_got(tmp_path: Path) -> None:
    facts = facts_of(trained(tiny()), tmp_path)
    assert (facts["layout"], facts["epochs"], facts["version"]) == ("training checkpoint", 42, "v2")


@pytest.mark.parametrize(
    ("stated", "embedder"),
    [(None, "contentvec"), ("hubert_base", "contentvec"), ("contentvec", "contentvec"), ("spin_v2", "spin-v2")],
)
def test_the_content_encoder_is_known_by_one_name(stated: str | None, embedder: str, tmp_path: Path) -> None:
    assert facts_of(with_extras(tiny(), embedder_model=stated), tmp_path)["embedder"] == embedder


@pytest.mark.parametrize(
    "said",
    [
        [{"id": 0, "name": "Anna"}, {"id": 2, "name": "Carl"}],
        {0: "Anna", "2": "Carl", 3: "beyond the table", "x": "no number", 1: None},
    ],
)
def test_speakers_keep_their_names(said: object, tmp_path: Path) -> None:
    facts = facts_of(exported(tiny(), speaker_info=said), tmp_path)
    assert facts["speakers"] == {"0": "Anna", "2": "Carl"}


def test_facts_are_plain_json_whatever_the_file_says(tmp_path: Path) -> None:
    nested: list[Any] = []
    for _ in range(300):
        nested = [nested]
    said = exported(tiny(), info="a\n\x1b[31m" + "b" * 500, epoch=10**400, author=nested, speaker_info={10**400: "x"})
    facts = facts_of(said, tmp_path)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["info"].startswith("a??[31mb")
    assert len(facts["info"]) < 100
    assert not facts.keys() & {"author", "speakers", "epochs"}


def test_a_reduced_index_says_what_it_was(tmp_path: Path) -> None:
    draft = fewer(write(ivf(vectors(9)), tmp_path / "added.index"))
    assert (draft.facts["vectors"], draft.facts["vectors_from"], draft.facts["reduced"]) == (3, 9, "evenly spaced")
    assert draft.vectors is not None
    assert (draft.vectors == vectors(9)[[0, 3, 6]]).all()


def test_at_least_one_vector_must_be_asked_for(tmp_path: Path) -> None:
    voice = save(exported(tiny()), tmp_path / "anna.pth")
    with pytest.raises(InputError, match="keep at least 1"):
        read_voice(voice, None, 0)


def test_a_model_is_named_after_its_folder_if_its_file_says_nothing(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "contentvec")
    assert tiny_model(folder).facts["name"] == "contentvec"
    assert tiny_model(folder / "pytorch_model.bin").facts["name"] == "contentvec"
    assert tiny_model((folder / "pytorch_model.bin").rename(tmp_path / "mine.pt")).facts["name"] == "mine"
