"""Certificate, key and token are looked at before a gateway needs them: `policy check` says what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from certificates import TOKEN, lay_certificate, lay_guard, private

from mltui.cli.main import run
from mltui.errors import ConfigInvalid
from mltui.operations.environments.endpoint_guard import read_guard
from mltui.operations.standing.alarms import alarms
from mltui.operations.standing.overview import overview
from mltui.registry import environments
from mltui.tui.presentation.header import header_lines
from mltui.workspace import Workspace


@pytest.fixture
def guarded(workspace: Workspace) -> Workspace:
    rules(workspace, lay_guard(workspace.folder))
    return workspace


def rules(workspace: Workspace, lines: str, *, listen: str = "127.0.0.1:0") -> None:
    head = 'engine = "process"\n[operators]\nann = { login = "ann" }\n[environments.production]\n'
    gate = 'gate = { approvers = ["ann"], self_approval = true }'
    (workspace.folder / "policy.toml").write_text(f'{head}listen = "{listen}"\n{lines}\n{gate}\n')


def check(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = run(["--workspace", str(workspace.folder), "--batch", "policy", "check"])
    return code, json.loads(capsys.readouterr().out)


def test_a_guard_that_can_be_used_is_told_with_nothing_to_say_aloud(
    guarded: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = check(guarded, capsys)
    assert (code, told["data"]["notes"]) == (0, [])
    assert TOKEN not in json.dumps(told)
    guard = read_guard(guarded.folder, "production", guarded.policy().environments["production"])
    assert (guard.token, guard.pem.count(b"-----BEGIN")) == (TOKEN, 2)
    assert TOKEN not in repr(guard)


def test_whatever_is_wrong_with_the_files_is_told_by_policy_check_and_doctor(
    guarded: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = guarded.folder

    def refused(sentence: str) -> str:
        code, told = check(guarded, capsys)
        assert (code, told["ok"]) == (2, False)
        assert sentence in told["error"]["message"], told
        assert told["error"]["hint"]
        assert TOKEN not in json.dumps(told)
        return str(told["error"]["code"])

    for token in ("", "short", TOKEN + " " + TOKEN, TOKEN + "ä"):
        private(folder / "token", token.encode())
        refused("holds no token of 16")
    private(folder / "token", TOKEN.encode())
    (folder / "token").chmod(0o644)
    refused("token can be read by everybody")
    (folder / "token").unlink()
    refused("token cannot be read: No such file")
    lay_guard(folder)
    own = (folder / "server.key").read_bytes()
    lay_certificate(folder)
    private(folder / "server.key", own)
    refused("server.key is no key for")
    lay_certificate(folder, password=b"secret")
    refused("the key is encrypted")
    (folder / "server.pem").write_bytes(own)
    refused("there is no certificate in it")
    lay_certificate(folder, ends=datetime(2020, 1, 2, tzinfo=UTC))
    assert refused("has expired on 2020-01-02") == "certificate_expired"
    assert run(["--workspace", str(folder), "--batch", "doctor"]) == 2
    assert "has expired on 2020-01-02" in capsys.readouterr().out
    begins = datetime.now(UTC) + timedelta(hours=2)
    lay_certificate(folder, begins=begins, ends=begins + timedelta(days=30))
    assert refused(f"holds from {begins:%Y-%m-%d %H:%M} UTC on") == "certificate_too_new"


def test_a_certificate_that_ends_soon_is_told(guarded: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    lay_certificate(guarded.folder, ends=datetime.now(UTC) + timedelta(days=3, hours=1))
    code, told = check(guarded, capsys)
    assert (code, told["data"]["notes"]) == (0, ["! the certificate of production expires in 3 days"])


def test_an_endpoint_that_is_open_to_everybody_is_said_aloud_everywhere(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    rules(workspace, "insecure = true", listen="0.0.0.0:8501")
    code, told = check(workspace, capsys)
    assert (code, told["data"]["notes"]) == (
        0,
        ["! production will be OPEN on 0.0.0.0:8501: insecure = true, so whoever reaches it may ask it"],
    )
    assert alarms(workspace.registry.read()) == ()
    since = workspace.now()
    with workspace.registry.write() as tx:
        environments.point(tx, "production", None)
        tx.execute("UPDATE environments SET endpoint = '0.0.0.0:8501', endpoint_since = ?", [since.isoformat()])
    sentence = "production is OPEN on http://0.0.0.0:8501: whoever reaches it may ask it"
    assert [each.sentence for each in alarms(workspace.registry.read())] == [sentence]
    assert header_lines(overview(workspace), ["Overview"], width=120)[2].plain.strip() == f"! {sentence}"
    run(["--workspace", str(workspace.folder), "status"])
    assert sentence in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_no_guard(guarded: Workspace) -> None:
    found = guarded.policy().environments["production"]
    (guarded.folder / "server.key").unlink()
    with pytest.raises(ConfigInvalid, match=r"environments\.production\.tls: .*server\.key cannot be read"):
        read_guard(guarded.folder, "production", found)
