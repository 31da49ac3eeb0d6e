"""The breakdown of predictions that were made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.commands.version_page import group_lines
from mltui.cli.text import figure, table
from mltui.errors import UsageError

if TYPE_CHECKING:
    from mltui.analysis.foreign_table import NamedColumns
    from mltui.analysis.groups import Reference
    from mltui.analysis.metrics import Figure
    from mltui.bands import Banding
    from mltui.domain.spans import Span
    from mltui.operations.versions.evaluate import Evaluated, HowToEvaluate


def evaluate(call: Call) -> Answer:
    from mltui.operations.versions.evaluate import evaluate as break_down

    report = None if call.report is None else call.directory / Path(call.report).expanduser()
    if report is not None:
        from mltui.operations.report.evaluation import require_report_name

        require_report_name(report)
    found = break_down(call.directory / Path(call.table).expanduser(), *_how(call))
    data: dict[str, Any] = {"evaluation": found} | ({} if report is None else {"report": report})
    lines = _lines(call.table, found) if report is None else _written(found, report, name=Path(call.table).name)
    return Answer(data, json.dumps(plain(data), indent=2).splitlines() if call.json else lines)


def _how(call: Call) -> tuple[NamedColumns, HowToEvaluate]:
    from mltui.analysis.foreign_table import NamedColumns
    from mltui.operations.versions.evaluate import HowToEvaluate

    bands = _bands(call.bands, call.quantiles)
    columns = NamedColumns(
        call.truth, call.prediction, call.score, by=tuple(call.by), bands=bands, dropped=tuple(call.drop),
        decimal=call.decimal,
    )  # fmt: skip
    reference = _reference(call.reference, [*call.by, *bands])
    return columns, HowToEvaluate(call.task, call.positive, call.threshold, reference, call.per_class)


def _written(found: Evaluated, report: Path, *, name: str) -> list[str]:
    from mltui.operations.report.evaluation import write_evaluation

    write_evaluation(found, report, name=name)
    return [f"the breakdown of {name} written to {report}"]


def _reference(words: Sequence[str], columns: Sequence[str]) -> Reference:
    from mltui.analysis.groups import Reference

    rules = [word for word in words if "=" not in word]
    if len(rules) > 1:
        raise UsageError(f"{rules[0]} and {rules[1]} are two references", hint="name one of them, or COLUMN=GROUP")
    named = dict(_column_and_group(word, columns) for word in words if "=" in word)
    return Reference(rules[0] if rules else "others", named)


def _column_and_group(word: str, columns: Sequence[str]) -> tuple[str, str]:
    """A column whose own name holds `=` goes before a shorter one."""
    known = [column for column in columns if word.startswith(f"{column}=")]
    column = max(known, key=len) if known else word.partition("=")[0]
    return column, word[len(column) + 1 :]


def _bands(edges: Sequence[str], quantiles: Sequence[str]) -> dict[str, Banding]:
    from mltui.bands import Banding

    found: dict[str, Banding] = {}
    for option, words in (("--bands", edges), ("--quantiles", quantiles)):
        for word in words:
            column, _, said = word.rpartition("=")
            try:
                made = Banding(tuple(map(float, said.split(",")))) if option == "--bands" else Banding((), int(said))
            except ValueError:
                right = "age=25,40,60" if option == "--bands" else "age=4"
                raise UsageError(f"{option} {word} says no numbers", hint=f"for instance {option} {right}") from None
            if not column or column in found:
                problem = f"bands of “{column}” are said twice" if column else f"{option} {word} names no column"
                raise UsageError(problem, hint="each column once, with edges or quantiles")
            found[column] = made
    return found


def _lines(name: str, found: Evaluated) -> list[str]:
    classes = f" of {', '.join(found.classes)}" if found.classes else ""
    positive = f", rates are of {found.classes[1]}" if len(found.classes) == 2 else ""
    return [
        f"{name}: {found.rows:,} rows, {found.task}{classes}{positive}",
        *([found.judged] if found.judged else []),
        "",
        *_overall(found),
        *_spans(found.spans),
        *group_lines(found.groups),
        "",
        *(f"{metric}: {sentence}" for metric, sentence in found.meanings.items()),
        "",
        *_summary(found),
    ]


def _summary(found: Evaluated) -> list[str]:
    """Last, where a terminal shows it without a look back."""
    from mltui.operations.report.evaluation import summary

    return summary(found) if found.groups else [*summary(found), "To tell groups apart, name columns with --by."]


def _overall(found: Evaluated) -> list[str]:
    told = {name: (figure(each.value), _interval(each), f"{each.n:,}") for name, each in found.overall.items()}
    told |= {name: ("undefined", why, told[name][2]) for name, why in found.undefined.items()}
    return table([(name, *cells) for name, cells in told.items()], head=("METRIC", "VALUE", "95 % INTERVAL", "N"))


def _interval(found: Figure) -> str:
    return "" if found.low is None else f"{figure(found.low)} to {figure(found.high)}"


def _spans(spans: Iterable[Span]) -> list[str]:
    rows = [
        (
            each.attribute,
            each.metric,
            *map(figure, (each.overall, each.group_min, each.group_max, each.difference, each.ratio)),
        )
        for each in spans
    ]
    head = ("ATTRIBUTE", "METRIC", "OVERALL", "GROUP MIN", "GROUP MAX", "DIFFERENCE", "RATIO")
    return ["", *table(rows, head=head)] if rows else []
