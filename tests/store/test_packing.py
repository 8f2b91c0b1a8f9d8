"""Our packing of commands gives the bytes that redis-py's gives."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio.connection import Connection

from lookout.store.client import Client
from lookout.store.packing import LONG, PackingConnection

values: st.SearchStrategy[Any] = (
    st.text(max_size=20)
    | st.binary(max_size=20)
    | st.integers()
    | st.floats(allow_nan=False)
    | st.integers(LONG - 2, LONG + 2).map(bytes)
    | st.binary(max_size=9).map(memoryview)  # type: ignore[arg-type]
)
commands = st.tuples(
    st.sampled_from(["GET", "CONFIG GET", b"COMMAND LIST", "HSET"]), st.lists(values, max_size=6)
)


@given(st.lists(commands, min_size=1, max_size=5))
def test_commands_are_packed_as_redis_py_packs_them(sent: list[tuple[Any, list[Any]]]) -> None:
    flat = [(name, *arguments) for name, arguments in sent]
    ours: Any = PackingConnection()
    theirs: Any = Connection()
    assert b"".join(ours.pack_commands(flat)) == b"".join(theirs.pack_commands(flat))
    assert b"".join(ours.pack_command(*flat[0])) == b"".join(theirs.pack_command(*flat[0]))


def test_an_image_is_written_as_it_stands_not_copied() -> None:
    connection: Any = PackingConnection()
    image = bytes(100_000)
    packed = connection.pack_commands([("HSET", "image:a:1", "image_data", image), ("PING",)])
    assert [each is image for each in packed] == [False, True, False]


async def test_connections_of_a_pool_pack_so(client: Client) -> None:
    await client.ping()
    pool: Any = client.connection_pool
    made = await pool.get_connection()
    try:
        assert isinstance(made, PackingConnection)
    finally:
        await pool.release(made)
