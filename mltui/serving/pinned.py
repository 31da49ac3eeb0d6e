"""A TLS connection to an endpoint whose certificate is known: who shows another one is told nothing."""

from __future__ import annotations

import http.client
import ssl

_END = "-----END CERTIFICATE-----"
_BEGIN = "-----BEGIN CERTIFICATE-----"


def pinned_connection(host: str, port: int, *, pem: bytes, timeout_seconds: float) -> http.client.HTTPSConnection:
    """`pem` holds the server's own certificate first. Neither its names nor its dates matter: this is its owner."""
    text = pem.decode("ascii", "replace")
    own = text[text.index(_BEGIN) : text.index(_END) + len(_END)]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _Pinned(host, port, ssl.PEM_cert_to_DER_cert(own), context=context, timeout=timeout_seconds)


class _Pinned(http.client.HTTPSConnection):
    def __init__(self, host: str, port: int, certificate: bytes, *, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(host, port, context=context, timeout=timeout)
        self._certificate = certificate

    def connect(self) -> None:
        super().connect()
        assert isinstance(self.sock, ssl.SSLSocket)
        if self.sock.getpeercert(binary_form=True) != self._certificate:
            self.close()
            raise ConnectionError("somebody else listens there, with another certificate")
