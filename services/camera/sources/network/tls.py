"""Is this the camera? One answer for `https` and `rtsps`: by authority, by fingerprint, or not."""

import asyncio
import hashlib
import ssl
from typing import Final

from lookout.errors import LookoutError
from services.camera.settings.tls import Tls

LOOK_SECONDS: Final = 5.0


class NotTheCamera(LookoutError):
    """The certificate is not trusted; the text says why and what to do."""


def context(settings: Tls) -> ssl.SSLContext:
    """For a connection to the camera. With a fingerprint, `check` must follow.

    Raises NotTheCamera where the authority's file cannot be used.
    """
    if settings.verify and not settings.fingerprint:
        found = _by_authority(settings)
    else:
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    # OpenSSL's own list: Python's leaves out the only kind that some cameras have, RSA for the
    # exchange of keys (Reolink's older firmware; pyro-engine #414).
    found.set_ciphers("DEFAULT")
    return found


def _by_authority(settings: Tls) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError, too: it is no certificate
        why = error.strerror or getattr(error, "reason", None) or "it holds no certificate"
        raise NotTheCamera(
            f"camera.tls.ca_file = {settings.ca_file} cannot be used ({why})"
        ) from None


def check(settings: Tls, connection: ssl.SSLObject | None) -> None:
    """Raises NotTheCamera where another certificate is wanted than that of this connection."""
    if not settings.fingerprint or not settings.verify:
        return
    shown = fingerprint(connection)
    if shown != settings.fingerprint:
        raise NotTheCamera(
            f"its certificate is another than camera.tls.fingerprint says: {written(shown)}"
        )


def fingerprint(connection: ssl.SSLObject | None) -> str:
    """SHA-256 of the certificate that the other side shows, as digits; empty without one."""
    certificate = connection.getpeercert(binary_form=True) if connection else None
    return hashlib.sha256(certificate).hexdigest() if certificate else ""


def written(digits: str) -> str:
    """A fingerprint as people read it."""
    return "sha256:" + ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


async def refusal(error: ssl.SSLError, host: str, port: int) -> str:
    """Why the certificate was not believed, what it is, and what to do."""
    reason = getattr(error, "verify_message", "") or error.reason or "TLS failed"
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"no encrypted connection ({reason})"
    try:
        seen = written(await _shown_by(host, port))
    except (OSError, TimeoutError):
        seen = "not to be had again"
    return (
        f"its certificate is not believed ({reason}). It is {seen}: if the camera says the same of "
        "itself, set camera.tls.fingerprint to that, or give camera.tls.ca_file"
    )


async def _shown_by(host: str, port: int) -> str:
    async with asyncio.timeout(LOOK_SECONDS):
        unchecked = context(Tls(verify=False))
        _, writer = await asyncio.open_connection(host, port, ssl=unchecked)
        try:
            return fingerprint(writer.get_extra_info("ssl_object"))
        finally:
            writer.close()
