"""Where the files under test are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
DOCS = ROOT / "docs"
FARM_PAGE = DOCS / "farm.md"


def infra_files() -> list[Path]:
    """All files of infra/, in a stable order."""
    return sorted(p for p in INFRA.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
