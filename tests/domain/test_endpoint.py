"""What may be reachable from outside, and when that has to be said aloud."""

from __future__ import annotations

import pytest

from mltui.config.policy import parse_policy
from mltui.domain.deployment import Environment
from mltui.errors import ConfigInvalid

TLS = 'tls = { certificate = "a.pem", key = "a.key" }'
TOKEN = 'token_file = "token"'


@pytest.mark.parametrize(
    ("listen", "more"),
    [
        ("127.0.0.1:0", ""),
        ("127.5.0.1:8501", TLS),
        ("localhost:8501", TOKEN),
        ("[::1]:8501", f"{TLS}\n{TOKEN}"),
        ("0.0.0.0:8501", f"{TLS}\n{TOKEN}"),
        ("[::]:8501", "insecure = true"),
        ("ops.example.org:8501", f"{TLS}\ninsecure = true"),
    ],
)
def test_an_endpoint_may_listen_there(listen: str, more: str) -> None:
    (rules,) = parse_policy(f'[environments.production]\nlisten = "{listen}"\n{more}\n').environments.values()
    assert rules.listen == listen


@pytest.mark.parametrize(
    ("listen", "more", "sentence"),
    [
        ("0.0.0.0:8501", "", "line 2: .*from outside without TLS and a token"),
        ("10.0.0.7:8501", TOKEN, "from outside without TLS"),
        ("1.127.0.1:8501", TLS, "from outside without a token"),
        ("127.0.0.1.example.org:8501", "", "from outside"),
        ("0.0.0.0:8501", f'{TLS}\ntoken_file = ""', "from outside without a token"),
        ("127.0.0.1:8501", 'token_file = " "', "line 3: .*token_file is empty"),
        ("127.0.0.1:8501", 'tls = { certificate = "a.pem", key = "" }', "line 3: .*names no files"),
        ("127.0.0.1:8501", 'tls = { certificate = "a.pem" }', "key"),
        ("127.0.0.1", "", "listen"),
        ("127.0.0.1:65536", "", "listen"),
        ("a b:1", "insecure = true", "listen"),
    ],
)
def test_an_endpoint_may_not_listen_there(listen: str, more: str, sentence: str) -> None:
    with pytest.raises(ConfigInvalid, match=sentence):
        parse_policy(f'[environments.production]\nlisten = "{listen}"\n{more}\n')


def test_an_endpoint_is_open_unless_tls_and_token_guard_it_or_nobody_reaches_it() -> None:
    outside = Environment("production", endpoint="0.0.0.0:8501")
    assert outside.is_open
    assert Environment("production", endpoint="0.0.0.0:8501", is_encrypted=True).is_open
    assert not Environment("production", endpoint="0.0.0.0:8501", is_encrypted=True, asks_token=True).is_open
    assert not Environment("production", endpoint="127.0.0.1:8501").is_open
    assert not Environment("production").is_open
