"""When a certificate ends is read as another library reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from certificates import lay_certificate
from cryptography.hazmat.primitives.serialization import Encoding

from mltui.domain.certificate import first_certificate, validity


@pytest.mark.parametrize("year", [1999, 2027, 2049, 2050, 2077, 9999])
def test_the_dates_are_those_that_the_certificate_holds(tmp_path: Path, year: int) -> None:
    made = lay_certificate(tmp_path, ends=datetime(year, 3, 4, 5, 6, 7, tzinfo=UTC))
    pem = (tmp_path / "server.pem").read_bytes()
    assert first_certificate(b"key first\n" + pem + pem) == made.public_bytes(Encoding.DER)
    assert validity(first_certificate(pem)) == (made.not_valid_before_utc, made.not_valid_after_utc)


def test_what_is_no_certificate_is_refused(tmp_path: Path) -> None:
    der = lay_certificate(tmp_path).public_bytes(Encoding.DER)
    with pytest.raises(ValueError, match="no certificate"):
        first_certificate((tmp_path / "server.key").read_bytes())
    for length in range(0, 120, 7):
        with pytest.raises(ValueError, match="certificate"):
            validity(der[:length])
    for broken in (b"\x30\x80" + der[2:], b"\x02" + der[1:], bytes(200)):
        with pytest.raises(ValueError, match="certificate"):
            validity(broken)
