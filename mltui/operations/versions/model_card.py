"""Reads a version's model card, and writes into it; the version itself never changes."""

from __future__ import annotations

from collections.abc import Sequence

from mltui.config.project import project_from_json
from mltui.domain.model_card import CARD_FIELDS, ModelCard, model_card
from mltui.domain.names import version_name
from mltui.domain.version import ModelVersion
from mltui.errors import MltuiError, UsageError
from mltui.operations.acting.told import told
from mltui.registry import card_fields, events, runs
from mltui.workspace import Workspace


def card_of(workspace: Workspace, version: ModelVersion) -> ModelCard:
    """What the commit's mltui.toml said, with what people wrote since."""
    conn = workspace.registry.read()
    run = runs.find(conn, version.run_id)
    from_commit = {} if run is None else project_from_json(workspace.store.read_bytes(run.plan)).model_card
    return model_card(from_commit, card_fields.of_version(conn, version.id))


def try_card(workspace: Workspace, version: ModelVersion) -> tuple[ModelCard, str]:
    """The card, or none and why it cannot be read."""
    try:
        return card_of(workspace, version), ""
    except MltuiError as error:
        return (), f"the model card cannot be read: {error.message}"


def amend_card(workspace: Workspace, version: ModelVersion, assignments: Sequence[str]) -> ModelCard:
    """`assignments` are `FIELD=TEXT`; an empty text takes a field back. A sealed release keeps what it showed."""
    given = [_parsed(each) for each in assignments]
    actor, at, name = workspace.actor, workspace.now(), version_name(version.id)
    with told(workspace), workspace.registry.write() as tx:
        for field, text in given:
            card_fields.add(tx, version_id=version.id, field=field, text=text, author=actor.login, at=at)
            data = {"version": name, "field": field, "text": text}
            events.append(tx, "ModelCardChanged", name, data, actor=str(actor), at=at)
    return card_of(workspace, version)


def _parsed(assignment: str) -> tuple[str, str]:
    field, sign, text = assignment.partition("=")
    if not sign or field not in CARD_FIELDS:
        known = "; ".join(f"{name}: {told}" for name, told in CARD_FIELDS.items())
        raise UsageError(f"“{assignment}” names no field of a model card", hint=f"write FIELD=TEXT, where {known}")
    return field, text.strip()
