"""What the data says of groups before a model does, as lines."""

from __future__ import annotations

from itertools import chain

from rich.text import Text

from mltui.domain.data_bias import DataBias, DataGroup, Proxy
from mltui.tui.presentation.figures import figure, percent
from mltui.tui.presentation.literal import literal
from mltui.tui.presentation.table import columns, shortened
from mltui.tui.presentation.wrapping import wrapped

PLAIN = 0.7
"""AUC from which a proxy stands out."""


def data_bias_lines(bias: DataBias, attribute: str | None, *, problem: str = "", width: int) -> list[Text]:
    """Rows, share and labels of the groups of one attribute, and of all pairs with it; what tells them, and what lacks.

    Without an attribute that the data has, the first one.
    """
    if problem:
        return wrapped(f"✗ {literal(problem)}", width=width, style="red")
    if not bias.groups:
        return [Text("· the data has no attributes", "dim")]
    shown = attribute if attribute and bias.singles(attribute) else bias.groups[0].attribute
    groups = [each for each in bias.groups if shown in each.group]
    splits = tuple(groups[0].splits)
    rows = [
        (each.name, f"{each.rows:,}", percent(bias.share(each)), *map(str, each.splits.values()), _labels(bias, each))
        for each in groups
    ]
    head = (shown, "rows", "share", *splits, "to predict")
    lines = columns(rows, head=head, align="<>>" + ">" * len(splits), width=width, flexible=(0, 3 + len(splits)))
    lines += [shortened(_missing(each), width) for each in groups if each.missing]
    told = list(bias.told_by_features())
    proxies = (_proxy(proxy, is_told=proxy in told, width=width) for proxy in bias.of(shown))
    return [*lines, *chain.from_iterable(proxies)]


def _labels(bias: DataBias, each: DataGroup) -> str:
    if each.mean is not None:
        return f"mean {figure(each.mean)}"
    return next((f"{label} {percent(share)}" for label, share in bias.label_rates(each)), "")


def _missing(each: DataGroup) -> Text:
    return Text(f"! no {literal(each.name)} in {', '.join(each.missing)}", "yellow")


def _proxy(proxy: Proxy, *, is_told: bool, width: int) -> list[Text]:
    name = literal(proxy.group)
    if proxy.auc is None:
        return [shortened(Text(f"· {name}: too few rows to say whether features tell it", "dim"), width)]
    if not is_told:
        return [shortened(Text(f"· features do not tell {name} (AUC {figure(proxy.auc)})", "dim"), width)]
    carried = ", ".join(f"{literal(each['name'])} {figure(each['auc'])}" for each in proxy.features)
    told = f"! features tell {name} from all others: AUC {figure(proxy.auc)}; alone {carried}"
    return wrapped(told, width=width, style="yellow" if proxy.auc >= PLAIN else "")
