"""A stream of bytes is cut into the packets that it was made of, however it arrives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout.bus.packets import LEAST_ROOM, PacketBuffer
from lookout.bus.publish import Malformed

SIZE = 2 * LEAST_ROOM


def packet(header: int, length: int) -> bytes:
    """A packet with a body of some length, of bytes that tell where they are."""
    digits, rest = b"", length
    while rest > 127:
        digits += bytes([rest & 127 | 128])
        rest >>= 7
    body = bytes(at * 31 % 251 for at in range(length))
    return bytes([header]) + digits + bytes([rest]) + body


def arrive(buffer: PacketBuffer, data: bytes) -> None:
    """As a socket does it: no more at once than there is room for."""
    while data:
        room = buffer.room()
        count = min(len(room), len(data))
        room[:count] = data[:count]
        buffer.came(count)
        data = data[count:]


@given(
    st.lists(st.tuples(st.integers(16, 255), st.integers(0, 300) | st.integers(0, 3 * SIZE))),
    st.lists(st.integers(500, 2 * SIZE), min_size=1),
)
def test_packets_come_out_whole_and_in_order(sent: list[tuple[int, int]], cuts: list[int]) -> None:
    stream = b"".join(packet(header, length) for header, length in sent)
    buffer, got = PacketBuffer(SIZE, SIZE), b""
    for index in range(len(stream)):
        part, stream = stream[: (cut := cuts[index % len(cuts)])], stream[cut:]
        arrive(buffer, part)
        while (taken := buffer.take()) is not None:
            got += taken.whole
            assert taken.whole[0] == taken.header
            assert taken.whole[len(taken.whole) - len(taken.body) :] == taken.body
        if not stream:
            break
    assert got == b"".join(packet(header, length) for header, length in sent)


def test_packets_that_come_byte_by_byte_come_out_whole() -> None:
    sent = b"".join(packet(0x30, length) for length in (0, 1, 127, 128, 200))
    buffer, got = PacketBuffer(SIZE, SIZE), b""
    for byte in sent:
        arrive(buffer, bytes([byte]))
        if (taken := buffer.take()) is not None:
            got += taken.whole
    assert got == sent


def test_a_length_of_five_bytes_is_malformed() -> None:
    buffer = PacketBuffer()
    arrive(buffer, b"\x30\xff\xff\xff\xff\x01")
    with pytest.raises(Malformed):
        buffer.take()


def test_a_size_that_is_only_announced_takes_no_memory() -> None:
    buffer = PacketBuffer(SIZE, SIZE)
    arrive(buffer, b"\x30\xff\xff\xff\x7f" + bytes(100))
    assert buffer.take() is None
    assert len(buffer.room()) < SIZE


def test_a_large_packet_leaves_no_large_buffer_behind() -> None:
    buffer = PacketBuffer(SIZE, SIZE)
    arrive(buffer, packet(0x30, 20 * SIZE))
    taken = buffer.take()
    assert taken is not None and len(taken.body) == 20 * SIZE
    assert len(buffer.room()) == SIZE


def test_more_is_read_at_once_where_much_comes() -> None:
    buffer = PacketBuffer(SIZE, 4 * SIZE)
    assert len(buffer.room()) == SIZE
    for _ in range(20):
        arrive(buffer, packet(0x30, 2 * SIZE))
        while buffer.take() is not None:
            continue
    assert len(buffer.room()) == 4 * SIZE
