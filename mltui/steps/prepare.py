"""The prepare step: one data version in, three splits out that know nothing of each other.

`python -m mltui.steps.prepare`; needs numpy and Pillow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mltui.bands import MEASURED, WORDS, is_measured
from mltui.serving.description import Feature
from mltui.steps import prepare_pictures, prepare_table
from mltui.steps.banding import Declared, banded
from mltui.steps.contract import Step, StepFailed, run_step, write_json
from mltui.steps.data_bias import data_bias
from mltui.steps.datasets import Schema
from mltui.steps.parameters import limited, read_parameters
from mltui.steps.splitting import Candidate, Placed, Shares, check_classes, check_rows, label_counts, place

MOST_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class PrepareParameters:
    task: str = limited("classification", choices=("classification", "regression"))
    kind: str = limited("pictures", choices=("pictures", "table"))
    source: str = "pictures"
    """What the project calls its data."""
    excluded: tuple[str, ...] = ()
    """SHA-256 of contents that belong in no split: the smoke pictures."""
    unreadable_limit: float = limited(0.01, least=0, most=1)
    """Largest share of the rows that may be unreadable."""
    max_pixels: int = limited(25_000_000, least=1)
    max_bytes: int = limited(10_485_760, least=1)
    target: str | None = None
    features: tuple[str, ...] = ()
    key: str | None = None
    attributes: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    """What is measured of each picture to make groups of."""

    @property
    def columns(self) -> prepare_table.TableColumns:
        if not self.target:
            raise StepFailed("no target is named", hint="Name the column to predict as data.target.")
        return prepare_table.TableColumns(self.target, self.features, self.attributes, self.key)


@dataclass(frozen=True, slots=True)
class SourceRows:
    candidates: Sequence[Candidate]
    unreadable: Sequence[str]
    ignored: Sequence[str] = ()
    """Names of files that were not taken for pictures."""

    @property
    def total(self) -> int:
        return len(self.candidates) + len(self.unreadable)


def main(step: Step) -> None:
    given = dict(step.parameters)
    shares = read_parameters(Shares, given.pop("split", {}), what="the split")
    bands: Declared = given.pop("bands", {})
    parameters = read_parameters(PrepareParameters, given, what="the prepare step")
    if shares.validation + shares.held_out >= 1:
        raise StepFailed("the split leaves no rows to train on", hint="validation and held_out together stay below 1.")
    source = _read(step, parameters, numbers=[name for name in bands if not is_measured(name)])
    _check_unreadable(source, parameters)
    placed = place(source.candidates, shares, excluded=parameters.excluded)
    check_rows(placed)
    schema = _schema(parameters, placed)
    check_classes(placed, schema.classes or ())
    placed, made = banded(placed, {**_measured(parameters), **bands})
    _write(step, parameters, placed, schema)
    write_json(step.output("report") / "report.json", {**_report(placed, source, schema), "bands": made})
    if source.ignored:
        print(f"{len(source.ignored)} files are hidden or no pictures and were left out: {_some(source.ignored)}")


def _measured(parameters: PrepareParameters) -> Declared:
    unknown = sorted(set(parameters.measured) - set(WORDS))
    if unknown:
        raise StepFailed(f"a picture has no {unknown[0]} to measure", hint=f"There are: {', '.join(WORDS)}.")
    return {MEASURED + name: {"edges": [], "quantiles": len(WORDS[name])} for name in parameters.measured}


def _read(step: Step, parameters: PrepareParameters, *, numbers: Sequence[str]) -> SourceRows:
    data = step.input("data")
    is_regression = parameters.task == "regression"
    if parameters.kind == "table":
        table = data / "table.csv"
        columns = parameters.columns
        found = prepare_table.read_candidates(table, columns, is_regression=is_regression, numbers=numbers)
        return SourceRows(*found)
    if is_regression:
        raise StepFailed("pictures in class folders have no numbers to predict", hint="A regression needs a table.")
    pictures = prepare_pictures.find_pictures(data, source=parameters.source)
    groups = prepare_pictures.read_groups(data, pictures, numbers=numbers)
    limits = prepare_pictures.picture_limits(max_bytes=parameters.max_bytes, max_pixels=parameters.max_pixels)
    candidates, unreadable = prepare_pictures.read_candidates(
        data, groups, limits, measures=parameters.measured, progress=step.progress
    )
    return SourceRows(candidates, unreadable, pictures.ignored)


def _check_unreadable(source: SourceRows, parameters: PrepareParameters) -> None:
    if source.total == 0:
        raise StepFailed("the data has no rows")
    if len(source.unreadable) > parameters.unreadable_limit * source.total:
        raise StepFailed(
            f"{len(source.unreadable)} of {source.total} rows cannot be read, for instance {_some(source.unreadable)}",
            hint=f"Mend them or take them out; the limit is {parameters.unreadable_limit:.1%} (data.unreadable_limit).",
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3])


def _schema(parameters: PrepareParameters, placed: Placed) -> Schema:
    classes: tuple[str, ...] | None = None
    if parameters.task == "classification":
        classes = tuple(sorted({row.label for rows in placed.splits.values() for row in rows}))
        if len(classes) < 2:
            raise StepFailed(f"there are {len(classes)} classes; a classification needs two or more")
    features: tuple[Feature, ...] | None = None
    if parameters.kind == "table":
        features = prepare_table.table_features(placed, parameters.columns)
    return Schema(
        task=parameters.task,
        kind=parameters.kind,
        classes=classes,
        target=parameters.target,
        features=features,
        max_pixels=parameters.max_pixels,
        max_bytes=parameters.max_bytes,
    )


def _write(step: Step, parameters: PrepareParameters, placed: Placed, schema: Schema) -> None:
    training, held_out = step.output("training"), step.output("held_out")
    if parameters.kind == "table":
        prepare_table.write_training_table(training, placed, parameters.columns)
        prepare_table.write_held_out_table(held_out, placed, parameters.columns)
    else:
        prepare_pictures.write_training_pictures(training, placed)
        prepare_pictures.write_held_out_pictures(held_out, placed)
    for folder in (training, held_out):
        write_json(folder / "schema.json", schema.as_json())


def _report(placed: Placed, source: SourceRows, schema: Schema) -> Mapping[str, object]:
    return {
        "rows": placed.rows,
        "unreadable": {
            "count": len(source.unreadable),
            "share": len(source.unreadable) / source.total,
            "examples": list(source.unreadable[:MOST_EXAMPLES]),
        },
        "ignored": {"count": len(source.ignored), "examples": list(source.ignored[:MOST_EXAMPLES])},
        "duplicates": placed.duplicates,
        "conflicting_labels": placed.conflicting_labels,
        "excluded": placed.excluded,
        "leaked": placed.leaked,
        "splits": {
            name: {"rows": len(rows), "labels": label_counts(rows) if schema.classes else {}}
            for name, rows in placed.splits.items()
        },
        "bias": data_bias(placed, schema),
    }


if __name__ == "__main__":
    run_step(main)
