"""Redis by rediss://: the certificate is checked, and what is wrong with it is said once."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from lookout.embedded.child import Child
from lookout.host.settings import Redis, SettingsError
from lookout.store.client import opened, wait_ready
from tests.scale.tls import encrypted, make_certificate
from tests.support.servers import StoreServer

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not here: no certificate"
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path)


@pytest.fixture
async def url(redis_server: StoreServer, certificate: Path) -> AsyncIterator[str]:
    """The test's Redis by TLS, under the name that is in its certificate."""
    async with encrypted(redis_server.port, certificate) as port:
        plain = redis_server.url.replace(f"127.0.0.1:{redis_server.port}", f"localhost:{port}")
        yield plain.replace("redis://", "rediss://")


async def reason(settings: Redis) -> str:
    async with opened(settings) as client:
        with pytest.raises(SettingsError) as error:
            await wait_ready(client, settings)
    return str(error.value)


async def test_a_certificate_of_a_known_authority_with_the_right_name_is_accepted(
    url: str, certificate: Path
) -> None:
    settings = Redis(url=url, ca_file=certificate)
    async with opened(settings) as client:
        await wait_ready(client, settings)
        await client.set("secret", bytes(1_000_000))
        assert await client.get("secret") == bytes(1_000_000)


async def test_an_unknown_authority_is_refused_in_one_sentence(url: str) -> None:
    said = await reason(Redis(url=url))
    assert "is not accepted: self-signed certificate" in said
    assert "LOOKOUT_REDIS__CA_FILE" in said
    assert "secret" not in said


async def test_a_certificate_for_another_name_is_refused_in_one_sentence(
    url: str, certificate: Path
) -> None:
    said = await reason(Redis(url=url.replace("localhost", "127.0.0.1"), ca_file=certificate))
    assert "is not accepted: IP address mismatch" in said
    assert "Use the name that is in it" in said


async def test_a_service_ends_with_that_sentence_instead_of_trying_for_ever(
    url: str, service: Callable[..., Child]
) -> None:
    ingest = service("ingest", LOOKOUT_REDIS__URL=url)
    await ingest.ended(15)
    assert ingest.exit_code == 1
    said = ingest.last_lines(50)
    assert "LOOKOUT_REDIS__CA_FILE" in said
    assert "Traceback" not in said
