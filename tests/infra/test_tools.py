"""Third-party tools find nothing wrong with the files in infra/."""

import json
import re
from pathlib import Path

import pytest

from dispatcher.reports.metrics import read_metrics
from storage.records.database import Database
from tests.infra.places import INFRA
from tests.infra.tools import run, tool


@pytest.mark.parametrize("script", sorted(INFRA.rglob("*.sh")), ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    said = run([tool("shellcheck"), script])
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize("path", sorted(p for p in INFRA.glob("Dockerfile*") if p.suffix != ".dockerignore"), ids=str)
def test_hadolint_finds_nothing(path: Path) -> None:
    said = run([tool("hadolint"), "--config", INFRA / ".hadolint.yaml", path])
    assert said.returncode == 0, said.stdout


def test_prometheus_accepts_its_configuration() -> None:
    said = run([tool("promtool"), "check", "config", INFRA / "prometheus/prometheus.yml"])
    assert said.returncode == 0, said.stdout + said.stderr


def test_prometheus_accepts_the_rules_by_which_somebody_is_called() -> None:
    said = run([tool("promtool"), "check", "rules", INFRA / "prometheus/rules.yml"])
    assert said.returncode == 0, said.stdout + said.stderr


def test_somebody_is_called_when_something_is_wrong_and_only_then() -> None:
    said = run([tool("promtool"), "test", "rules", Path(__file__).with_name("alerts.yml")])
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_rules_and_the_dashboard_ask_for_metrics_that_there_are(session_sqlite: Path) -> None:
    database = Database(f"sqlite:///{session_sqlite}")
    there = {metric.name for metric in read_metrics(database, 0.0)}
    database.close()
    asked = set(re.findall(r"voicefarm_[a-z_]+", (INFRA / "prometheus/rules.yml").read_text(encoding="utf-8")))
    asked |= {name for _, expr in _expressions() for name in re.findall(r"voicefarm_[a-z_]+", expr)}
    assert asked == there


def test_prometheus_understands_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    rules = {"groups": [{"name": "dashboard", "rules": [{"record": f"r{n}", "expr": e} for n, e in _expressions()]}]}
    file = tmp_path / "rules.yml"
    # JSON is YAML.
    file.write_text(json.dumps(rules), encoding="utf-8")
    said = run([tool("promtool"), "check", "rules", file])
    assert said.returncode == 0, said.stdout + said.stderr


def _expressions() -> list[tuple[int, str]]:
    dashboard = json.loads((INFRA / "prometheus/dashboard.json").read_text(encoding="utf-8"))
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert found
    # Grafana fills these in itself.
    return [(n, re.sub(r"\$__rate_interval|\$__range|\$__interval", "5m", expr)) for n, expr in enumerate(found)]
