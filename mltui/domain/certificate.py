"""From when to when an X.509 certificate holds (RFC 5280 §4.1; DER as in X.690)."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----")
_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_FIELDS_BEFORE_VALIDITY = 3
"""Serial number, signature algorithm, issuer."""


def first_certificate(pem: bytes) -> bytes:
    """DER of the first certificate, which is the server's own; raises `ValueError` where there is none."""
    found = _BLOCK.search(pem)
    if found is None:
        raise ValueError("there is no certificate in it (a block that begins with -----BEGIN CERTIFICATE-----)")
    return base64.b64decode(found[1], validate=False)


def validity(der: bytes) -> tuple[datetime, datetime]:
    """First and last moment; raises `ValueError` for what is no certificate."""
    try:
        tag, certificate, _ = _element(der)
        _, fields, _ = _element(certificate)
        if tag != _SEQUENCE:
            raise ValueError("it is no certificate")
        tag, _, rest = _element(fields)
        fields = rest if tag == _VERSION else fields
        for _ in range(_FIELDS_BEFORE_VALIDITY):
            _, _, fields = _element(fields)
        _, times, _ = _element(fields)
        first, begin, rest = _element(times)
        last, end, _ = _element(rest)
        return _moment(first, begin), _moment(last, end)
    except IndexError as error:
        raise ValueError("its certificate breaks off") from error


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content, and what follows."""
    tag, length, at = data[0], data[1], 2
    if length >= 0x80:
        at += length & 0x7F
        length = int.from_bytes(data[2:at], "big")
    if at + length > len(data):
        raise IndexError
    return tag, data[at : at + length], data[at + length :]


def _moment(tag: int, text: bytes) -> datetime:
    """A year of two digits lies between 1950 and 2049, as `%y` of the standard would have it only up to 2068."""
    form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(tag)
    if form is None:
        raise ValueError("its certificate has no dates")
    found = datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)
    return found.replace(year=found.year - 100) if tag == _UTC_TIME and found.year >= 2050 else found
