"""What a person types to find rows: words that must all be there, and after a `!` words that must not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    wanted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    until: datetime | None = None
    """Notes of later are not looked through; None for all."""

    @classmethod
    def parse(cls, text: str) -> Words:
        """`dark !night`: with the one, without the other. A `!` alone says nothing."""
        words = text.split()
        excluded = tuple(word[1:] for word in words if word.startswith("!") and len(word) > 1)
        return cls(tuple(word for word in words if not word.startswith("!")), excluded)

    def fit(self, text: str) -> bool:
        """For lists that are short enough to be looked through here."""
        known = text.casefold()
        has_wanted = all(word.casefold() in known for word in self.wanted)
        return has_wanted and not any(word.casefold() in known for word in self.excluded)


NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Condition:
    sql: str
    parameters: tuple[Any, ...] = ()

    def __invert__(self) -> Condition:
        return Condition(f"NOT ({self.sql})", self.parameters)


def where(conditions: Iterable[Condition | None], rest: str = "", *parameters: Any) -> tuple[str, Sequence[Any]]:
    """The end of a statement and its parameters: all conditions that are there hold, then `rest`."""
    given = [condition for condition in conditions if condition is not None]
    joined = " AND ".join(condition.sql for condition in given)
    values = [value for condition in given for value in condition.parameters]
    return (f"WHERE {joined} {rest}" if given else rest), [*values, *parameters]


def equals(column: str, value: Any) -> Condition | None:
    """None where no value is asked for."""
    return None if value is None else Condition(f"{column} = ?", (value,))


def below(column: str, bound: int | None) -> Condition | None:
    """The next page of a list that is ordered by the column, the largest first."""
    return None if bound is None else Condition(f"{column} < ?", (bound,))


def one_of(column: str, values: Sequence[Any]) -> Condition:
    return Condition(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))


def anywhere(texts: Sequence[str], words: Words) -> Iterator[Condition]:
    """`texts` are SQL expressions that are NULL nowhere; a word may stand in the middle of one of them.

    One condition a text: joining them for every row takes three times as long as to look through them.
    """
    sql = "(" + " OR ".join(f"{text} LIKE ? ESCAPE '|'" for text in texts) + ")"
    for word in words.wanted:
        yield Condition(sql, (_pattern(word),) * len(texts))
    for word in words.excluded:
        yield ~Condition(sql, (_pattern(word),) * len(texts))


def phrase(word: str) -> str:
    """Full-text query for what begins with the word. Nothing that a person types becomes an operator of it."""
    tokens = " ".join(re.findall(r"[^\W_]+", word))
    return f'"{tokens}"*' if tokens else '""'


def query(words: Words) -> str:
    """Full-text query for one table; `words.wanted` may not be empty."""
    wanted = " AND ".join(map(phrase, words.wanted))
    excluded = " OR ".join(map(phrase, words.excluded))
    return f"({wanted}) NOT ({excluded})" if excluded else wanted


def _pattern(word: str) -> str:
    return "%" + re.sub(r"([|%_])", r"|\1", word) + "%"
