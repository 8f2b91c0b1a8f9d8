"""Every topic is built and parsed in one place, and what is built parses back."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lookout.contract.errors import BadTopic
from lookout.contract.topics import (
    HUB,
    NODE_PATTERN,
    RESERVED,
    WORD_PATTERN,
    Address,
    Topics,
    check_node,
)

nodes = st.from_regex(NODE_PATTERN, fullmatch=True).filter(lambda name: name not in RESERVED)
words = st.from_regex(WORD_PATTERN, fullmatch=True)
topics = Topics("lookout")


@given(nodes)
def test_plain_topics_parse_back(node: str) -> None:
    for kind in ("status", "info", "image", "preview", "reading", "stored", "detection"):
        topic = getattr(topics, kind)(node)
        assert topic == f"lookout/{node}/{kind}"
        assert topics.parse(topic) == Address(node, kind)


@given(nodes, words)
def test_named_topics_parse_back(node: str, name: str) -> None:
    for kind in ("event", "command", "result"):
        topic = getattr(topics, kind)(node, name)
        assert topic == f"lookout/{node}/{kind}/{name}"
        assert topics.parse(topic) == Address(node, kind, name)


@given(words)
def test_hub_topics_parse_back(service: str) -> None:
    assume(service not in {"event", "reply"})
    assert topics.parse(topics.hub_status(service)) == Address(HUB, "hub_status", service)
    assert topics.parse(topics.hub_info(service)) == Address(HUB, "hub_info", service)
    assert topics.parse(topics.event(HUB, service)) == Address(HUB, "event", service)


@given(st.text(max_size=60))
def test_parsing_anything_gives_an_address_or_bad_topic(text: str) -> None:
    for topic in (text, f"lookout/{text}", f"lookout/{text}/image"):
        try:
            address = topics.parse(topic)
        except BadTopic:
            continue
        assert topic.startswith("lookout/")
        assert address.node in {HUB, "all"} or check_node(address.node)


IMPOSSIBLE = ("", "a/b", "a+", "#", "..", "../x", "A", "Garden", "-a", "_a", "a b", "ä")


@pytest.mark.parametrize("name", [*IMPOSSIBLE, "a" * 33, "a" * 300, *sorted(RESERVED)])
def test_a_name_that_cannot_be_a_node_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(BadTopic, match=r"node name|reserved") as caught:
        check_node(name)
    assert len(str(caught.value)) < 250


def test_a_root_of_several_parts_works() -> None:
    farm = Topics("farm/lookout")
    assert farm.parse(farm.image("barn")) == Address("barn", "image")
    with pytest.raises(BadTopic):
        farm.parse("lookout/barn/image")


def test_filters_cover_what_they_say() -> None:
    assert topics.every("image") == "lookout/+/image"
    assert topics.every("event") == "lookout/+/event/+"
    assert topics.shared("ingest", topics.every("image")) == "$share/ingest/lookout/+/image"
    assert topics.commands_for("barn") == ("lookout/barn/command/+", "lookout/all/command/+")
