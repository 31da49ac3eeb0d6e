"""The figures of the scene: tables, groups, curves, checks, smoke answers and drawn pictures. No clock, no chance."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from mltui.analysis.grouping import Grouping
from mltui.analysis.prediction_diff import answer_changes
from mltui.analysis.table import EvaluationTable
from mltui.domain.answer_changes import AnswerChanges
from mltui.domain.checks import CheckResult, GateReport, Verdict
from mltui.domain.smoke import SmokeAnswer
from mltui.domain.version import GroupFigure

Say = Callable[[str], str]
"""How a foreign text is told: as it is, or with what a hostile one would hold."""

ROWS = 240
CASES = ("burrito-1", "burrito-2", "taco-1", "taco-2")


def evaluation(right: float, *, seed: int, say: Say) -> bytes:
    """`evaluation.csv` of 240 rows, of which about a share of `right` is answered rightly."""
    names = (say("burrito"), say("taco"))
    head = ["row_id", "truth", "prediction", *(f"score:{name}" for name in names), f"attribute:{say('lighting')}"]
    head.append(f"attribute:{say('camera')}")
    return ("\n".join([_csv(head), *(_csv(_row(index, right, seed, names, say)) for index in range(ROWS))])).encode()


def _row(index: int, right: float, seed: int, names: tuple[str, str], say: Say) -> list[str]:
    truth, light = index % 2, ("day", "dark", "neon")[index % 3]
    luck = (index * 37 + index // 7 * 11 + (seed if index % 5 == 0 else 0)) % 100
    answered = truth if luck < 100 * right else 1 - truth
    score = 0.55 + (index * 13 % 40) / 100
    scores = (score, 1 - score) if answered == 0 else (1 - score, score)
    camera = ("phone", "phone", "tripod")[index // 3 % 3] if index % 16 else "dashboard"
    answers = [names[truth], names[answered], *(f"{each:.2f}" for each in scores)]
    return [say(_picture_name(index)), *answers, say(light), say(camera)]


def _picture_name(index: int) -> str:
    return f"pictures/{('burrito', 'taco')[index % 2]}/{index:03d}.jpg"


def held_out_tree() -> list[tuple[str, bytes]]:
    """A picture for each row of the evaluation."""
    return [(_picture_name(index), drawn(f"{('burrito', 'taco')[index % 2]}-{index % 4}")) for index in range(ROWS)]


def _csv(cells: Sequence[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def quality(right: float, say: Say) -> dict[str, Any]:
    """Metrics, intervals and confusion matrix of a version that is right so often."""
    half = ROWS // 2
    hits = (round(half * (right + 0.03)), round(half * (right - 0.03)))
    recall = {say("burrito"): hits[0] / half, say("taco"): hits[1] / half}
    metrics = {
        "accuracy": sum(hits) / ROWS,
        "balanced_accuracy": sum(hits) / ROWS,
        "recall": hits[1] / half,
        "precision": hits[1] / (hits[1] + half - hits[0]),
        "log_loss": 1.1 - right,
        "auc": min(right + 0.06, 0.99),
        **{f"recall:{name}": value for name, value in recall.items()},
    }
    return {
        "classes": (say("burrito"), say("taco")),
        "metrics": metrics,
        "intervals": {name: (value - 0.05, value + 0.04) for name, value in metrics.items()},
        "confusion": ((hits[0], half - hits[0]), (half - hits[1], hits[1])),
    }


def groups(right: float, say: Say, *, dark: float) -> tuple[GroupFigure, ...]:
    """All four verdicts; `dark` is the recall of pictures taken in the dark."""
    return (
        _group(say, ("lighting", "day", "recall"), 61, right + 0.04, "within"),
        _group(say, ("lighting", "dark", "recall"), 34, dark, "outside" if dark < 0.8 * right else "undecided"),
        _group(say, ("lighting", "neon", "recall"), 25, right + 0.01, "undecided"),
        _group(say, ("lighting", "day", "accuracy"), 120, right + 0.03, "within"),
        _group(say, ("lighting", "dark", "accuracy"), 70, dark + 0.05, "within"),
        _group(say, ("lighting", "neon", "accuracy"), 50, right, "within"),
        _group(say, ("camera", "phone", "recall"), 74, right + 0.01, "within"),
        _group(say, ("camera", "tripod", "recall"), 39, right - 0.02, "within"),
        _group(say, ("camera", "dashboard", "recall"), 7, 0.57, "too few"),
    )


def _group(say: Say, names: tuple[str, str, str], n: int, value: float, verdict: str) -> GroupFigure:
    attribute, group, metric = names
    spread = 1.2 / math.sqrt(n)
    ratio = None if verdict == "too few" else value / 0.85
    bounds = (None, None) if ratio is None else (ratio * (1 - spread), ratio * (1 + spread))
    low, high = max(value - spread / 2, 0.0), min(value + spread / 2, 1.0)
    needed = 180 if verdict == "undecided" else None
    return GroupFigure({say(attribute): say(group)}, metric, n, value, low, high, ratio, *bounds, verdict, needed)


def changed_answers(attribute: str, groups: Sequence[tuple[str, int, int, int]]) -> AnswerChanges:
    """From the rows, fixed and broken."""
    tables = [_answers(attribute, groups, broken_first=is_before) for is_before in (False, True)]
    return answer_changes(*tables)


def _answers(attribute: str, groups: Sequence[tuple[str, int, int, int]], *, broken_first: bool) -> EvaluationTable:
    """Right are those that are broken, before, and those that are fixed, after; of all others seven in eight."""
    right: list[bool] = []
    names: list[str] = []
    for name, n, fixed, broken in groups:
        same = n - fixed - broken
        right += [not broken_first] * fixed + [broken_first] * broken + [8 * row < 7 * same for row in range(same)]
        names += [name] * n
    ids = np.array([f"r{row}" for row in range(len(right))])
    truth = np.zeros(len(right), dtype=np.intp)
    answers = np.where(right, 0, 1).astype(np.intp)
    return EvaluationTable(
        "classification", ("burrito", "taco"), ids, truth, answers, attributes={attribute: Grouping.of(names)}
    )


def data_bias(say: Say) -> Mapping[str, Any]:
    """Rows of the groups, one of them missing in a split, and how well the features tell them."""
    rows = {"day": (430, 58, 120), "dark": (244, 40, 70), "neon": (166, 22, 50)}
    cameras = {"phone": (520, 80, 148), "tripod": (300, 40, 78), "dashboard": (20, 0, 14)}
    singles = [("lighting", rows, 0.51), ("camera", cameras, 0.47)]
    groups = [
        _in_data(say, {attribute: group}, splits, share)
        for attribute, found, share in singles
        for group, splits in found.items()
    ]
    groups += [_in_data(say, {"lighting": "dark", "camera": "phone"}, (151, 26, 41), 0.62)]
    features = [{"name": say("brightness"), "auc": 0.88}, {"name": say("sharpness"), "auc": 0.61}]
    proxies = [
        ("lighting", "day", 608, 0.86, features),
        ("lighting", "dark", 354, 0.91, features),
        ("lighting", "neon", 238, 0.53, features),
        ("camera", "dashboard", 34, None, []),
    ]
    names = ("attribute", "group", "rows", "auc", "features")
    told = [dict(zip(names, (say(each[0]), say(each[1]), *each[2:]), strict=True)) for each in proxies]
    return {"groups": groups, "proxies": [each | {"deviation": 0.018} for each in told]}


def _in_data(say: Say, group: Mapping[str, str], splits: tuple[int, int, int], share: float) -> Mapping[str, Any]:
    tacos = round(sum(splits) * share)
    return {
        "group": {say(attribute): say(value) for attribute, value in group.items()},
        "splits": dict(zip(("train", "validation", "held_out"), splits, strict=True)),
        "labels": {say("burrito"): sum(splits) - tacos, say("taco"): tacos},
    }


def learning_curve(right: float, epochs: int) -> tuple[Mapping[str, float], ...]:
    return tuple(
        {
            "epoch": epoch,
            "train_loss": round(0.9 * math.exp(-0.25 * epoch) + 0.08, 4),
            "validation_loss": round(0.85 * math.exp(-0.2 * epoch) + 0.2 + 0.012 * max(epoch - 8, 0), 4),
            "train_accuracy": round(0.99 - 0.45 * math.exp(-0.3 * epoch), 4),
            "validation_accuracy": round(right - 0.35 * math.exp(-0.35 * epoch), 4),
            "seconds": 4.2,
        }
        for epoch in range(1, epochs + 1)
    )


def checks(accuracy: float, *, say: Say, floor: float = 0.8, dark: Verdict = Verdict.INCONCLUSIVE) -> GateReport:
    is_held = accuracy >= floor
    floor_words = f"{accuracy:.4g} ({accuracy - 0.05:.4g} to {accuracy + 0.04:.4g}), asked for is at least {floor}"
    bias = f"{say('dark')} 0.79 of the others (0.62 to 1.02), 34 rows; 180 would decide it"
    return GateReport(
        (
            _check("accuracy floor", Verdict.PASSED if is_held else Verdict.FAILED, accuracy, floor_words),
            _check(
                "accuracy against production",
                Verdict.PASSED,
                accuracy,
                f"{accuracy:.4g} against 0.86, asked for is no loss",
            ),
            _check(f"recall by {say('lighting')}", dark, 0.79, bias),
            _check("latency_p95_ms ceiling", Verdict.PASSED, 11.6, "11.6, asked for is at most 50"),
            _check("auc floor", Verdict.FAILED, 0.93, "0.93, asked for is at least 0.95", is_dry_run=True),
        )
    )


def _check(name: str, verdict: Verdict, value: float, sentence: str, *, is_dry_run: bool = False) -> CheckResult:
    limit = sentence.rpartition("asked for is ")[2] if "asked for" in sentence else "0.8 to 1.25 of the others"
    return CheckResult(name, verdict, value, limit, 0.86, sentence, is_dry_run=is_dry_run)


def smoked(say: Say, *, wrong: int = 1) -> dict[str, Any]:
    """What a stage keeps of a smoke; the last `wrong` cases were answered wrongly."""
    answers = [_answer(index, say, is_right=index < len(CASES) - wrong) for index in range(len(CASES))]
    right = len(CASES) - wrong
    told = f"{right} of {len(CASES)} right" + (f"; {answers[-1].case}: {answers[-1].reason}" if wrong else "")
    return {
        "is_green": wrong < len(CASES) / 2,
        "right": right,
        "cases": len(CASES),
        "sentence": told,
        "answers": [asdict(each) for each in answers],
    }


def _answer(index: int, say: Say, *, is_right: bool) -> SmokeAnswer:
    kind = CASES[index].partition("-")[0]
    said = kind if is_right else "burrito"
    reason = "" if is_right else f"expected {say(kind)}, got {say(said)}"
    case = say(f"smoke/{CASES[index]}.png")
    return SmokeAnswer(case, say(kind), say(said), 0.91 - index / 10, 4.1 + index, is_right, reason)


def smoke_tree(say: Say) -> list[tuple[str, bytes]]:
    """`cases.json` and its pictures."""
    cases = [
        {"input": say(f"smoke/{name}.png"), "expect": say(name.partition("-")[0]), "minimum_score": 0.5}
        for name in CASES
    ]
    plan = json.dumps({"cases": cases, "share_right": 0.75}).encode()
    return [("cases.json", plan), *((f"smoke/{name}.png", drawn(name)) for name in CASES)]


def drawn(name: str) -> bytes:
    """A small picture; not compressed, so that every zlib writes the same bytes."""
    picture = Image.new("RGB", (48, 36), (30, 40, 70) if name.endswith("2") else (190, 210, 230))
    pen = ImageDraw.Draw(picture)
    if name.startswith("taco"):
        pen.pieslice((6, 6, 42, 46), 180, 360, fill=(230, 180, 70))
        pen.line((10, 22, 38, 22), fill=(60, 150, 60), width=3)
    else:
        pen.rounded_rectangle((6, 12, 42, 26), 6, fill=(225, 200, 160))
        pen.rectangle((24, 12, 42, 26), fill=(180, 180, 190))
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=0)
    return file.getvalue()
