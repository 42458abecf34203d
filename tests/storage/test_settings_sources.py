"""Where settings come from, and which are refused."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from storage.errors import SettingsError
from storage.settings import ENV_PREFIX, Settings
from storage.settings_sources import NO_SETTINGS

ROOT = Path(__file__).resolve().parents[2]


def given(folder: Path, toml: str, **environ: str) -> Settings:
    place = folder / "voicefarm.toml"
    place.write_text(toml, encoding="utf-8")
    return Settings.load({"VOICEFARM_CONFIG": str(place), **environ})


def test_nothing_configured_is_a_farm_private_to_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    settings = Settings.load({})
    assert settings == Settings()
    assert settings.is_embedded
    assert settings.resolved_database_url == f"sqlite:///{tmp_path}/data/voicefarm/records.sqlite3"
    assert settings.resolved_objects_url == f"file://{tmp_path}/data/voicefarm/objects"
    assert settings.resolved_broker_url == f"redis+socket://{tmp_path}/data/voicefarm/redis.sock"


def test_the_environment_outranks_the_file(tmp_path: Path) -> None:
    settings = given(tmp_path, 'workers = 3\nlog_level = "INFO"', VOICEFARM_WORKERS="5")
    assert (settings.workers, settings.log_level) == (5, "INFO")


def test_an_empty_variable_outranks_the_file_too(tmp_path: Path) -> None:
    assert given(tmp_path, 'broker_url = "redis://farm"', VOICEFARM_BROKER_URL="").is_embedded


def test_the_working_folder_outranks_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, here = tmp_path / "home/.config/voicefarm", tmp_path / "here"
    for folder, workers in ((home, 1), (here, 2)):
        folder.mkdir(parents=True)
        (folder / "voicefarm.toml").write_text(f"workers = {workers}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(here)
    assert Settings.load({}).workers == 2
    monkeypatch.chdir(tmp_path)
    assert Settings.load({}).workers == 1


def test_a_list_in_the_file_is_the_same_as_commas_in_the_environment(tmp_path: Path) -> None:
    listed = given(tmp_path, 'tags = ["studio-a", "night"]')
    assert listed.tag_set == {"studio-a", "night"}
    assert given(tmp_path, "", VOICEFARM_TAGS=" studio-a, night,").tag_set == listed.tag_set


@pytest.mark.parametrize(("said", "meant"), [("true", True), ("false", False), ("'Yes'", True), ("0", False)])
def test_a_setting_may_be_yes_or_no(tmp_path: Path, said: str, meant: bool) -> None:
    settings = given(tmp_path, f"mix_back = {said}")
    assert settings.mix_back is meant
    assert given(tmp_path, "", **settings.as_environment()).mix_back is meant


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        ("broker = 'redis://x'", "unknown setting 'broker'"),
        ("[objects]\nurl = 's3://x'", "unknown setting 'objects'"),
        ("workers = 'many'", "setting workers is 'many', which is not a number"),
        ("workers = true", "setting workers is 'True', which is not a number"),
        ("workers = 1.5", "setting workers is '1.5', which is not a number"),
        ("workers = -1", "setting workers is -1, but must not be negative"),
        ("lease_seconds = -0.5", "must not be negative"),
        ("lease_seconds = nan", "not finite"),
        ("lost_after_seconds = inf", "not finite"),
        ("mix_back = 'perhaps'", "setting mix_back is 'perhaps', which is neither true nor false; give one of them"),
        ("workers = ", "cannot be read"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence(tmp_path: Path, toml: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        given(tmp_path, toml)


@pytest.mark.parametrize("text", ["", "two", "-3", "1e3", "0x10"])
def test_a_bad_number_in_the_environment_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="setting max_attempts is"):
        given(tmp_path, "", VOICEFARM_MAX_ATTEMPTS=text)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="which does not exist"):
        Settings.load({"VOICEFARM_CONFIG": str(tmp_path / "gone.toml")})


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "voicefarm.toml"
    place.write_bytes("tags = 'Gerät'".encode("latin-1"))
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load({"VOICEFARM_CONFIG": str(place)})


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("VOICEFARM_BROKER_ULR", "did you mean VOICEFARM_BROKER_URL? "),
        ("VOICEFARM_WORKER", "did you mean VOICEFARM_WORKERS? "),
        ("VOICEFARM_CONFG", "did you mean VOICEFARM_CONFIG? "),
        ("VOICEFARM_zzz", "which is not a setting; correct"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_nearest_name(variable: str, nearest: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"the environment has {variable}") as refused:
        given(tmp_path, "", **{variable: "redis://:s3cret@host"})
    assert nearest in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_our_variables_that_are_not_settings_are_let_through(tmp_path: Path) -> None:
    environ = {"VOICEFARM_DEBUG": "1", "VOICEFARM_PARENT": "7", "VOICEFARM_COMPILE": "0", "VOICES": "9"}
    assert given(tmp_path, "", **environ) == Settings()


def test_the_list_of_variables_that_are_not_settings_is_complete() -> None:
    read = {
        name
        for folder in ("dispatcher", "storage", "workers", "migrations", "bench", "infra")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
        for name in re.findall(r"VOICEFARM_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8", errors="replace"))
    }
    assert read
    assert read <= NO_SETTINGS | {ENV_PREFIX + f.name.upper() for f in fields(Settings)}


def test_a_misspelt_name_in_a_file_is_refused_with_the_files_path_and_the_nearest_name(tmp_path: Path) -> None:
    place = tmp_path / "studio farm.toml"
    place.write_text("broker_ulr = 'redis://:s3cret@host'")
    with pytest.raises(SettingsError) as refused:
        Settings.load({"VOICEFARM_CONFIG": str(place)})
    assert f"{place} has an unknown setting 'broker_ulr'; did you mean broker_url? " in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_file_found_in_the_working_folder_is_named_by_its_full_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voicefarm.toml").write_text("wrokers = 2")
    with pytest.raises(SettingsError, match=f"^{re.escape(str(tmp_path))}/voicefarm.toml has .* mean workers"):
        Settings.load({})


def test_a_folder_of_an_unknown_user_is_reported() -> None:
    for name in ("state", "scratch"):
        with pytest.raises(SettingsError, match=f"setting {name} is '~nobody-here/x', but there is no such user"):
            getattr(Settings(**{name: "~nobody-here/x"}), f"{name}_folder")  # type: ignore[arg-type]


def test_a_folder_whose_name_is_not_utf_8_can_be_used() -> None:
    settings = Settings(state="/tmp/half \udcff")
    assert "%FF" in settings.resolved_database_url
    assert "%FF" in settings.resolved_broker_url


def test_a_number_with_thousands_of_digits_in_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "voicefarm.toml").write_text(f"workers = {'9' * 5000}")
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load({"VOICEFARM_CONFIG": str(tmp_path / "voicefarm.toml")})
