"""Keeps the owner's settings from the tests, and the tests from the owner's files."""

import os
from pathlib import Path

OURS = ("VOICEFARM_", "AWS_", "BOTO_")


def shut_off(folder: Path) -> None:
    """Make this process and its children see only the settings that a test gives."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    config = folder / "voicefarm.toml"
    config.touch()
    os.environ["VOICEFARM_CONFIG"] = str(config)
    os.environ["XDG_DATA_HOME"] = str(folder / "data")
    # Otherwise boto3 would ask the cloud's own address for keys, and wait.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(folder / "none")
