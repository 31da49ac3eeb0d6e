"""Asks a server a version's smoke cases and judges its answers."""

from __future__ import annotations

from typing import Any

import msgspec

from mltui.config.reading import typed
from mltui.domain.project import SmokePlan
from mltui.domain.smoke import SmokeAnswer, SmokeReport, judge, judge_all
from mltui.domain.version import ModelVersion
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.store import Store

CASES_FILE = "cases.json"
"""In a version's smoke tree: a `SmokePlan` whose picture cases name files of the same tree."""


def smoke(store: Store, version: ModelVersion, client: PredictionClient, *, limit_ms: float) -> SmokeReport:
    """All cases, one after another. A server that cannot be reached is a wrong answer, not an error."""
    files = {entry.path: entry.sha256 for entry in store.tree(version.smoke).entries}
    plan = typed(msgspec.json.decode(store.read_bytes(files[CASES_FILE])), SmokePlan)
    answers = [_ask(client, case, store=store, files=files, limit_ms=limit_ms) for case in plan.cases]
    return judge_all(answers, share_right=plan.share_right)


def as_json(report: SmokeReport) -> dict[str, Any]:
    return {
        "is_green": report.is_green,
        "right": report.right,
        "cases": len(report.answers),
        "sentence": report.sentence,
        "answers": msgspec.to_builtins(report.answers),
    }


def _ask(client: PredictionClient, case: Any, *, store: Store, files: dict[str, str], limit_ms: float) -> SmokeAnswer:
    is_picture = isinstance(case.input, str)
    name = case.input if is_picture else ", ".join(f"{key}={value}" for key, value in list(case.input.items())[:3])
    try:
        if is_picture:
            answer = client.predict(store.read_bytes(files[case.input]), content_type="application/octet-stream")
        else:
            answer = client.predict(case.input, content_type="application/json")
    except ServerUnreachable as error:
        return SmokeAnswer(name, str(case.expect), "no answer", None, 0.0, is_right=False, reason=str(error))
    return judge(
        case, answer.body, status=answer.status, milliseconds=answer.milliseconds, name=name, limit_ms=limit_ms
    )
