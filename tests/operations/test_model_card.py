"""Writing into a version's model card."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations.gates import as_person
from registry.registry_values import add_version

from mltui.domain.version import ModelVersion
from mltui.errors import UsageError
from mltui.operations.runs.train import request_run
from mltui.operations.versions.model_card import amend_card, card_of
from mltui.registry import events
from mltui.workspace import Workspace


@pytest.fixture
def version(workspace: Workspace, project: Path) -> ModelVersion:
    """Of a run whose commit says what it is for."""
    run = request_run(workspace, project).run
    with workspace.registry.write() as tx:
        return add_version(tx, run_id=run.id)


def test_fields_are_written_with_their_author_and_on_record(workspace: Workspace, version: ModelVersion) -> None:
    assert {each.text for each in card_of(workspace, version)} == {""}
    bob = as_person(workspace, "bob")
    amend_card(bob, version, ["contact=bob", "could_harm=people = customers"])
    found = {each.field: (each.text, each.author) for each in card_of(workspace, version) if each.text}
    assert found == {"contact": ("bob", "bob"), "could_harm": ("people = customers", "bob")}
    told = str(events.list_events(workspace.registry.read(), limit=1, newest_first=True)[0])
    assert told == "could_harm of v1's model card is now: people = customers"


@pytest.mark.parametrize("wrong", ["owner=ann", "contact", "=x"])
def test_one_wrong_field_writes_none(workspace: Workspace, version: ModelVersion, wrong: str) -> None:
    with pytest.raises(UsageError) as raised:
        amend_card(workspace, version, ["contact=bob", wrong])
    assert "intended_use" in raised.value.hint
    assert {each.text for each in card_of(workspace, version)} == {""}
