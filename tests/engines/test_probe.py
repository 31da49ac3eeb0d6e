from __future__ import annotations

from pathlib import Path

import pytest
from engine_harness import Harness

from mltui.engines.base import Mount
from mltui.engines.probe import probe
from mltui.engines.recording import Outcome, RecordingEngine


@pytest.mark.parametrize("name", ["process", pytest.param("docker", marks=pytest.mark.docker)])
def test_a_real_engine_shares_folders_with_its_containers(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    harness: Harness = request.getfixturevalue(name)
    folder = tmp_path / "probed"
    folder.mkdir()
    findings = probe(harness.engine, folder=folder)
    assert [(finding.subject, finding.is_good) for finding in findings] == [
        ("engine", True),
        ("limits", True),
        ("images", True),
        ("mounts", True),
    ], findings
    assert ("not enforced" in findings[1].text) == (name == "process")
    assert list(folder.iterdir()) == []
    assert harness.engine.list({"mltui.probe": ""}) == []


def test_an_engine_whose_containers_see_other_folders_is_found_out(tmp_path: Path) -> None:
    engine = RecordingEngine(lambda spec: Outcome(exit_code=0))
    finding = probe(engine, folder=tmp_path)[-1]
    assert (finding.subject, finding.is_good) == ("mounts", False)
    assert finding.hint
    assert engine.world.containers == {}
    assert engine.world.images == {}


def test_an_engine_that_does_not_answer_is_one_finding(tmp_path: Path) -> None:
    engine = RecordingEngine()
    engine.is_reachable = False
    [finding] = probe(engine, folder=tmp_path)
    assert (finding.subject, finding.is_good) == ("engine", False)


def test_a_probe_mounts_what_it_reads_read_only(tmp_path: Path) -> None:
    engine = RecordingEngine(lambda spec: Outcome(exit_code=1, lines=(("stderr", "denied"),)))
    finding = probe(engine, folder=tmp_path)[-1]
    assert "denied" in finding.text
    [spec] = engine.specs
    assert {mount.target: mount.is_read_only for mount in spec.mounts} == {"/mltui/in": True, "/mltui/out": False}
    assert all(isinstance(mount, Mount) and mount.source.is_relative_to(tmp_path) for mount in spec.mounts)
