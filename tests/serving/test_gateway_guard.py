"""A guarded gateway: TLS, and a token that every request has to bring; its file holds no word that opens anything."""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
from contextlib import closing
from pathlib import Path

import pytest
from certificates import TOKEN, lay_certificate
from serving_models import make_row_model
from serving_processes import RunningGateway
from test_gateway_text import is_valid

from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.serving.gateway import Backend, GatewayGuard, render
from mltui.serving.pinned import pinned_connection

ROW = {"income": 3, "age": None, "purpose": "house", "region": None}


def lay_pem(folder: Path) -> bytes:
    """`production/endpoint.pem`, as the gateway reads it."""
    lay_certificate(folder / "keys")
    content = (folder / "keys" / "server.pem").read_bytes() + (folder / "keys" / "server.key").read_bytes()
    (folder / "production").mkdir(exist_ok=True)
    (folder / "production" / "endpoint.pem").write_bytes(content)
    return content


def guard() -> GatewayGuard:
    return GatewayGuard("production/endpoint.pem", hashlib.sha256(f"Bearer {TOKEN}".encode()).hexdigest())


def asked_with(endpoint: str, authorization: str, pem: bytes) -> int:
    host, _, port = endpoint.rpartition(":")
    with closing(pinned_connection(host, int(port), pem=pem, timeout_seconds=10)) as connection:
        connection.request("GET", "/ready", headers={"authorization": authorization})
        return connection.getresponse().status


def test_only_who_brings_the_token_over_tls_is_answered(
    tmp_path: Path, start_server, start_gateway, endpoint: str
) -> None:
    pem = lay_pem(tmp_path)
    start_server(tmp_path / "d1.1", make_row_model(tmp_path / "model"))
    gateway: RunningGateway = start_gateway(tmp_path, endpoint=endpoint, guard=guard())
    gateway.admin.shift([Backend("d1.1", "d1.1/s.sock", 100)], timeout_seconds=20)
    answer = PredictionClient.over_tcp(endpoint, pem=pem, token=TOKEN).predict(ROW)
    assert (answer.status, answer.body["value"]) == (200, 1006.0)
    for token in (None, "", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f"{TOKEN}, Bearer {TOKEN}"):
        refused = PredictionClient.over_tcp(endpoint, pem=pem, token=token).predict(ROW, request_id="mine.1")
        assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert refused.headers["content-type"] == "application/json"
        assert refused.body["error"]["code"] == "no_token"
        assert refused.body["request_id"] == refused.headers["x-request-id"] == "mine.1"
    schemes = {"bearer ": 200, "BEARER  ": 200, "Basic ": 401, "bearer": 401}
    assert {scheme: asked_with(endpoint, f"{scheme}{TOKEN}", pem) for scheme in schemes} == schemes
    with pytest.raises(ServerUnreachable):
        PredictionClient.over_tcp(endpoint, token=TOKEN).predict(ROW)
    assert TOKEN not in (tmp_path / "production" / "haproxy.cfg").read_text()


def test_a_client_that_knows_the_certificate_tells_nobody_else_its_token(
    tmp_path: Path, start_gateway, endpoint: str
) -> None:
    lay_pem(tmp_path)
    start_gateway(tmp_path, endpoint=endpoint, guard=guard())
    other = lay_pem(tmp_path / "other")
    with pytest.raises(ServerUnreachable, match="another certificate"):
        PredictionClient.over_tcp(endpoint, pem=other, token=TOKEN).ready()


def test_who_verifies_names_and_issuers_can_use_it_and_old_tls_cannot(
    tmp_path: Path, start_gateway, endpoint: str
) -> None:
    lay_certificate(tmp_path / "keys", name="localhost")
    content = (tmp_path / "keys" / "server.pem").read_bytes() + (tmp_path / "keys" / "server.key").read_bytes()
    (tmp_path / "production").mkdir()
    (tmp_path / "production" / "endpoint.pem").write_bytes(content)
    start_gateway(tmp_path, endpoint=endpoint, guard=GatewayGuard("production/endpoint.pem"))
    context = ssl.create_default_context(cafile=str(tmp_path / "keys" / "server.pem"))
    connection = http.client.HTTPSConnection("localhost", int(endpoint.partition(":")[2]), context=context)
    connection.request("GET", "/ready")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]["code"]) == (503, "no_server")
    connection.close()


@pytest.mark.parametrize("which", ["both", "certificate", "token"])
def test_the_guarded_file_is_one_that_haproxy_takes_without_a_word(tmp_path: Path, which: str) -> None:
    lay_pem(tmp_path)
    certificate = guard().certificate if which != "token" else None
    digest = guard().authorization_sha256 if which != "certificate" else None
    text = render("production", "127.0.0.1:8501", (), guard=GatewayGuard(certificate, digest))
    (tmp_path / "production" / "endpoint.pem").rename(tmp_path / "endpoint.pem")
    (tmp_path / "production").rmdir()
    assert is_valid(tmp_path, text.replace("production/endpoint.pem", "endpoint.pem"))


@pytest.mark.parametrize("certificate", ["", "a b", "/abs.pem", "a\nb"])
def test_a_certificate_that_could_end_a_line_is_refused(certificate: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        GatewayGuard(certificate)


@pytest.mark.parametrize("digest", ["", "x", "A" * 64, "0" * 63 + "\n"])
def test_a_hash_that_is_none_is_refused(digest: str) -> None:
    with pytest.raises(ValueError, match="hash of a token"):
        GatewayGuard(None, digest)
