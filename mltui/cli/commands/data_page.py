"""What data says of groups, as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from mltui.cli.text import figure, table
from mltui.domain.data_bias import DataBias, DataGroup


def bias_lines(bias: DataBias, problem: str) -> list[str]:
    """Nothing where the data has no attributes; `problem` says why it cannot be told."""
    if problem:
        return ["", problem]
    if not bias.groups:
        return []
    rows = [_group(bias, each) for each in bias.groups]
    head = ("ATTRIBUTE", "GROUP", "ROWS", "SHARE", *map(str.upper, bias.groups[0].splits), "TO PREDICT")
    return ["", *table(rows, head=head), *_missing(bias), *_proxies(bias)]


def _group(bias: DataBias, each: DataGroup) -> tuple[str, ...]:
    splits = (str(rows) for rows in each.splits.values())
    return (each.attribute, each.name, str(each.rows), f"{bias.share(each):.1%}", *splits, _labels(bias, each))


def _labels(bias: DataBias, each: DataGroup) -> str:
    if each.mean is not None:
        return f"mean {figure(each.mean)}, deviation {figure(each.deviation)}"
    return ", ".join(f"{label} {share:.1%}" for label, share in bias.label_rates(each))


def _missing(bias: DataBias) -> Iterator[str]:
    for each in bias.groups:
        if each.missing:
            yield f"! no row of {each.name} in {', '.join(each.missing)}"


def _proxies(bias: DataBias) -> list[str]:
    told = set(map(id, bias.told_by_features()))
    rows = [
        (
            each.attribute,
            each.group,
            str(each.rows),
            figure(each.auc),
            "too few rows" if each.auc is None else "above chance" if id(each) in told else "as chance",
            ", ".join(f"{feature['name']} {figure(feature['auc'])}" for feature in each.features),
        )
        for each in bias.proxies
    ]
    head = ("PROXIES OF", "GROUP", "ROWS", "AUC", "VERDICT", "FEATURES, EACH ALONE")
    return ["", *table(rows, head=head)] if rows else []
