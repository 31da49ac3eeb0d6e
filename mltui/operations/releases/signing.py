"""Signs decisions with the operator's SSH key and verifies them, by `ssh-keygen -Y`; an agent over SSH serves, too."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from mltui.domain.actor import UNKNOWN
from mltui.domain.policy import Operator
from mltui.domain.signature import NAMESPACE, person_of_key, plain_key
from mltui.errors import NotFound, Refused, Unreachable

SECONDS = 60.0
"""A key in hardware wants to be touched."""


def public_key(key: Path | None, *, login: str, operators: Mapping[str, Operator]) -> str:
    """Type and base64 of the key to sign with: of the file, else the agent's first that an operator of the login has.

    Raises `Refused` where there is none, `NotFound` for a file that is not there.
    """
    if key is not None:
        return _of_file(key)
    mine = {name: operator for name, operator in operators.items() if operator.login == login}
    for line in _ran(["ssh-add", "-L"], may_fail=True).decode("utf-8", "replace").splitlines():
        if person_of_key(line, mine) != UNKNOWN:
            return plain_key(line)
    raise Refused(
        "the gate asks for a signature, and no SSH key of yours that the policy knows is at hand",
        hint="name it with --key ~/.ssh/id_ed25519, or log in with an agent (ssh -A)",
        code="no_key",
    )


def sign(content: bytes, *, key: Path | None, public: str) -> str:
    """The armored signature, verified: whoever lays another's .pub beside a key is not taken for them.

    Never asks for a passphrase: a key that has one is taken from an agent.
    """
    with tempfile.TemporaryDirectory() as folder:
        handle = key
        if handle is None:
            handle = Path(folder, "key.pub")
            handle.write_text(public + "\n")
        signed = _ran(["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(handle)], content=content)
    signature = signed.decode("ascii")
    if not is_signed(content, signature=signature, key=public):
        raise Refused(
            f"{key or 'the agent'} signs with another key than its public one",
            hint="the file beside it that ends in .pub belongs to another key",
            code="no_key",
        )
    return signature


def is_signed(content: bytes, *, signature: str, key: str) -> bool:
    """Whether that key made the signature over these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        allowed, file = Path(folder, "allowed"), Path(folder, "signature")
        allowed.write_text(f'signer namespaces="{NAMESPACE}" {plain_key(key)}\n')
        file.write_text(signature)
        words = ["ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-I", "signer", "-f", str(allowed), "-s", str(file)]
        return subprocess.run(words, input=content, capture_output=True, timeout=SECONDS, check=False).returncode == 0


def _of_file(key: Path) -> str:
    """`key` is the private one, with the public one beside it, or the public one itself."""
    if not key.exists():
        raise NotFound(f"there is no key {key}", hint="name an SSH key with --key")
    words = ["ssh-keygen", "-y", "-P", "", "-f", str(key)]
    beside = key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")
    line = beside.read_text("utf-8", "replace") if beside.exists() else _ran(words).decode("utf-8", "replace")
    if not plain_key(line):
        raise Refused(f"{beside} is no public key", hint="name an SSH key with --key", code="no_key")
    return plain_key(line)


def _ran(words: Sequence[str], *, content: bytes = b"", may_fail: bool = False) -> bytes:
    """In a session of its own, so that nothing asks at the terminal."""
    try:
        ran = subprocess.run(
            words, input=content, capture_output=True, timeout=SECONDS, check=False, start_new_session=True
        )
    except FileNotFoundError:
        raise Unreachable(f"{words[0]} is not on the PATH", hint="install OpenSSH's client") from None
    except subprocess.TimeoutExpired:
        raise Unreachable(
            f"{words[0]} did not answer in {SECONDS:.0f} s", hint="touch the key, and try again"
        ) from None
    if ran.returncode != 0 and not may_fail:
        said = ran.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Refused(
            f"the SSH key cannot sign: {said[-1] if said else 'ssh-keygen does not tell why'}",
            hint="a key with a passphrase is used through an agent: ssh-add",
            code="no_key",
        )
    return ran.stdout
