"""init: the settings of one machine of a farm, asked for, written privately, and tried."""

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from dispatcher.cli.completing import OneOf
from dispatcher.cli.doctor import tell_finding
from dispatcher.cli.saying import say
from dispatcher.client.farm import Farm
from storage.errors import InputError, SettingsError
from storage.remedies import Act, Remedy
from storage.settings import URLS, Settings, redacted
from storage.settings_file import usual_place, write_settings

F = TypeVar("F", bound=Callable[..., Any])

_OBJECTS = ("objects_url", "objects_endpoint", "objects_region", "objects_access_key", "objects_secret_key")


@dataclass(frozen=True, slots=True)
class Role:
    """What a machine is in a farm: the settings that it has, and how it goes on from there."""

    names: tuple[str, ...]
    needed: frozenset[str]
    unseen: frozenset[str]
    """What it cannot reach, so that nothing there is checked."""
    next: str


ROLES = {
    "client": Role(
        ("broker_url", "database_url", *_OBJECTS), frozenset({"broker_url", "database_url", "objects_url"}),
        frozenset(), "hand recordings in with `voicefarm submit`",
    ),
    "server": Role(
        ("broker_url", "database_url", *_OBJECTS, "tags"), frozenset({"broker_url", "database_url", "objects_url"}),
        frozenset(), "run `voicefarm db upgrade` once, then `voicefarm dispatcher`",
    ),
    "worker": Role(
        ("broker_url", *_OBJECTS, "worker_key", "tags"), frozenset({"broker_url", "objects_url"}),
        frozenset({"database", "models", "farm", "trust"}), "start it with `voicefarm worker`",
    ),
}  # fmt: skip
_FIELDS = {f.name: f for f in fields(Settings) if any(f.name in role.names for role in ROLES.values())}


def _setting_options(command: F) -> F:
    for name, setting in reversed(_FIELDS.items()):
        doc = setting.metadata["doc"]
        command = click.option(f"--{name.replace('_', '-')}", help=f"{doc[0].upper()}{doc[1:]}.")(command)
    return command


@click.command("init")
@click.option("--role", type=OneOf(ROLES), help="What this machine is: it submits, runs the farm, or converts.")
@_setting_options
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The file; else the settings of this user.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the options, else the settings that hold now.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
def init_command(role: str | None, out: Path | None, *, yes: bool, overwrite: bool, **given: str | None) -> None:
    """Write voicefarm.toml for a client, a server or a worker of a farm, and check that it works.

    Passwords are safer in the answers, or in variables such as VOICEFARM_BROKER_URL together with --yes, than in
    options, which other users of this machine can see.
    """
    path = (out or usual_place(os.environ)).absolute()
    if os.path.lexists(path) and not overwrite:
        if yes:
            raise InputError(f"{path} exists already", Remedy(Act.OVERWRITE))
        click.confirm(f"{path} exists already; replace it?", abort=True)
    if role is None:
        if yes:
            raise click.UsageError(f"with --yes, --role is needed: {', '.join(ROLES)}")
        role = str(click.prompt("What is this machine?", type=OneOf(ROLES), default="client"))
    write_settings(path, _answers(ROLES[role], given, yes=yes))
    say(f"{path} is written; only its owner can read it")
    if not _check(path, ROLES[role]):
        sys.exit(1)


def _answers(role: Role, given: Mapping[str, str | None], *, yes: bool) -> dict[str, str]:
    """The role's settings: as given, as asked for, or as they are now; those that are as always are left out."""
    now = _settings_now()
    answers = {}
    for name in role.names:
        known = given.get(name)
        if known is None:
            known = str(getattr(now, name))
            known = known if yes else _ask(_FIELDS[name], known, is_needed=name in role.needed)
        if known.strip() != _FIELDS[name].default:
            answers[name] = known.strip()
    missing = sorted(role.needed - answers.keys())
    if missing:
        raise click.UsageError(f"{' and '.join(missing)} must be given; docs/farm.md says where each comes from")
    return answers


def _settings_now() -> Settings:
    try:
        return Settings.load()
    except SettingsError:
        # They are about to be written anew.
        return Settings()


def _ask(setting: "Field[Any]", now: str, *, is_needed: bool) -> str:
    """One answer; an empty one keeps what holds now, and a single hyphen is none at all."""
    is_secret = setting.metadata["secret"]
    shown = redacted(now) if is_secret and setting.name in URLS else "set" if is_secret and now else now
    text = f"{setting.name}: {setting.metadata['doc']}" + (f" [{shown}]" if shown else "")
    hidden = is_secret and setting.name not in URLS
    while True:
        answer = str(click.prompt(text, default=now, show_default=False, hide_input=hidden)).strip()
        answer = "" if answer == "-" else answer
        if answer or not is_needed:
            return answer


def _check(path: Path, role: Role) -> bool:
    """Whether everything that the role can reach is as it should be."""
    settings = Settings.load({**os.environ, "VOICEFARM_CONFIG": str(path)})
    findings = []
    for finding in Farm(settings).examine():
        if finding.what not in role.unseen:
            findings.append(finding)
            tell_finding(finding)
    if path not in (Path("voicefarm.toml").absolute(), usual_place({}).absolute()):
        say(f"other places are looked at first; for this one, export VOICEFARM_CONFIG={shlex.quote(str(path))}")
    is_good = all(finding.ok for finding in findings)
    say(role.next if is_good else "mend what is BAD, then see `voicefarm doctor`")
    return is_good
