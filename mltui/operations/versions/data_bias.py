"""What prepare reported of a version's data, as figures; a registry row may hold anything in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mltui.domain.data_bias import DataBias
from mltui.domain.names import version_name
from mltui.domain.version import ModelVersion
from mltui.errors import Damaged


def data_bias_in(report: Mapping[str, Any], *, of: str) -> DataBias:
    """Raises `Damaged` that names the version `of` which it is, and the field that is no such figure."""
    import msgspec  # not needed for most answers

    try:
        return msgspec.convert(report.get("bias", {}), DataBias)
    except msgspec.ValidationError as error:
        raise Damaged(
            f"what {of} says of its data cannot be read: {error}", hint="a backup holds it, or train it again"
        ) from None


def data_bias_of(version: ModelVersion) -> DataBias:
    """Raises `Damaged`."""
    return data_bias_in(version.data_report, of=version_name(version.id))


def try_data_bias(version: ModelVersion) -> tuple[DataBias, str]:
    """Nothing, and why, where it cannot be read."""
    try:
        return data_bias_of(version), ""
    except Damaged as error:
        return DataBias(), error.message
