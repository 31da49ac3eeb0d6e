"""Who acts: the login of the real user id, never what the environment claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mltui.domain.policy import Operator

UNKNOWN = "unknown"
"""The person behind a login or an e-mail address that the policy does not map."""


@dataclass(frozen=True, slots=True)
class Actor:
    login: str
    sudo_user: str | None = None
    """Login of the one who became this user by sudo, as evidence beside it."""

    def __str__(self) -> str:
        return f"{self.login} (sudo by {self.sudo_user})" if self.sudo_user else self.login

    @classmethod
    def parse(cls, text: str) -> Actor:
        """The reverse of `str`."""
        login, _, sudo_user = text.removesuffix(")").partition(" (sudo by ")
        return cls(login, sudo_user or None)


def person_of_login(login: str, operators: Mapping[str, Operator]) -> str:
    """Name of the operator who has this login, or `unknown`; a login that several share tells nobody's name."""
    found = [name for name, operator in operators.items() if operator.login == login]
    return found[0] if len(found) == 1 else UNKNOWN


def people_sharing(login: str, operators: Mapping[str, Operator]) -> tuple[str, ...]:
    """Operators who have this login together; empty for one that is nobody's or one person's."""
    found = tuple(name for name, operator in operators.items() if operator.login == login)
    return found if len(found) > 1 else ()


def people_behind(actor: Actor, operators: Mapping[str, Operator]) -> frozenset[str]:
    """Operators who have its login, or who became it by sudo."""
    logins = (actor.login, actor.sudo_user or "")
    return frozenset(person_of_login(login, operators) for login in logins) - {UNKNOWN}


def person_of_email(email: str, operators: Mapping[str, Operator]) -> str:
    """Name of the operator who commits with this address, whatever its case, or `unknown`."""
    wanted = email.casefold()
    for name, operator in operators.items():
        if any(wanted == known.casefold() for known in operator.emails):
            return name
    return UNKNOWN
