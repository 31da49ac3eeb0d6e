"""Which failures pass by themselves: the job that met one is carried again, and nothing of it is written down."""

from __future__ import annotations

from mltui.errors import MltuiError, Unreachable

GATEWAY_SILENT = "gateway_silent"
"""Code of a gateway that does not do what it is told: an answer about the deployment, not about the engine."""
_PASSING = frozenset({"registry_busy", "registry_disk"})


def is_passing(error: MltuiError) -> bool:
    """The registry is locked or its disk full, or the engine does not answer."""
    return error.code in _PASSING or (isinstance(error, Unreachable) and error.code != GATEWAY_SILENT)
