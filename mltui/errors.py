"""The error tree: every failure that a person is meant to read.

MltuiError            exit 1   a fault of ours
├── UsageError        exit 2   the call was written wrongly
├── ConfigInvalid     exit 2   mltui.toml or policy.toml cannot be used
├── NotFound          exit 3   what was named does not exist
├── Refused           exit 4   a gate, an approval, the policy or the state forbids it
├── WorkFailed        exit 5   a step, a stage or a smoke case failed
├── Unreachable       exit 6   an engine or a service does not answer
├── Conflict          exit 7   somebody else holds it, or it changed meanwhile
└── Damaged           exit 1   stored bytes are not what their hash says
"""

from __future__ import annotations


class MltuiError(Exception):
    """What failed, on what, and what to do next.

    `message` says what failed, `hint` what to do about it, `code` is stable and meant for scripts.
    """

    exit_code = 1
    default_code = "internal"

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message, "hint": self.hint}


class UsageError(MltuiError):
    exit_code = 2
    default_code = "usage"


class ConfigInvalid(MltuiError):
    exit_code = 2
    default_code = "config_invalid"


class NotFound(MltuiError):
    exit_code = 3
    default_code = "not_found"


class Refused(MltuiError):
    exit_code = 4
    default_code = "refused"


class WorkFailed(MltuiError):
    exit_code = 5
    default_code = "work_failed"


class Unreachable(MltuiError):
    exit_code = 6
    default_code = "unreachable"


class Conflict(MltuiError):
    exit_code = 7
    default_code = "conflict"


class Damaged(MltuiError):
    default_code = "damaged"
