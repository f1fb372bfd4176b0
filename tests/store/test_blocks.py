"""The block codec: what goes in comes out, for as long as anybody keeps the bytes."""

from __future__ import annotations

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from hub.core.commands import Accept, PutPerson
from hub.core.inputs import Commanded, Configured, Input, Receipted, Received, SourceChanged, TimePassed
from hub.errors import StoreError
from hub.model import Event, Fact, Kind, RawMessage, Reading, Undecodable, Undecoded
from hub.store import blocks
from hub.store.blocks import VERSION, decode_block, encode_block
from hub.store.port import Commit
from tests.store.examples import batch, due, person, receipt, received

times = st.integers(0, 2**53)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
wire_topics = st.binary(max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
facts: st.SearchStrategy[dict[str, Fact]] = st.dictionaries(
    words, st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | words, max_size=4
)
readings = st.builds(
    Reading, words, st.sampled_from(Kind), st.sampled_from(Event), facts, st.none() | times, words, st.booleans(), words
)
raws = st.builds(RawMessage, words, wire_topics, st.binary(max_size=50), times, st.booleans(), st.booleans())
inputs: st.SearchStrategy[Input] = st.one_of(
    st.builds(
        Received,
        raws,
        st.lists(readings, max_size=3).map(tuple),
        st.none() | st.builds(Undecodable, st.sampled_from(Undecoded), words, words),
    ),
    st.builds(TimePassed, times, st.booleans()),
    st.builds(SourceChanged, times, words, st.booleans()),
    st.builds(Configured, times, words, words),
    st.just(Receipted(1, receipt(7))),
    st.just(Commanded(1, Accept(actor="wang", incident=11), 3)),
    st.just(Commanded(1, PutPerson(actor="console", person=person()), 4)),
)


@given(st.lists(inputs, min_size=1, max_size=8))
def test_what_goes_in_comes_out(some: list[Input]) -> None:
    commit = batch(1, 5, some, decisions=[due(12, 5)])
    block = decode_block(VERSION, encode_block(commit))
    assert block.inputs == some
    assert (block.community, block.first_seq, block.last_seq) == (commit.community, 5, 4 + len(some))
    assert block.seqs == commit.seqs
    assert block.decisions == commit.decisions


def test_a_topic_that_is_no_utf8_or_holds_nul_survives_byte_for_byte() -> None:
    for raw in (b"alarm/\xff\xfe", b"a\x00b", b"\x0041\x00\xff", "6号楼".encode("gb18030")):
        topic = raw.decode("utf-8", "surrogateescape")
        block = decode_block(VERSION, encode_block(batch(1, 1, [received(1, topic=topic)])))
        assert first_received(block.inputs).raw.topic.encode("utf-8", "surrogateescape") == raw


def test_facts_that_msgpack_cannot_say_are_mended_and_the_message_kept() -> None:
    odd = Reading("x\udcff", Kind.SMOKE, Event.ALARM, {"count": 2**70, "label": "\ud800!", "alarm": True})
    one = Received(RawMessage("zigbee", "t/\udcff", b"\x00\xff", 5), (odd,))
    kept = first_received(decode_block(VERSION, encode_block(batch(1, 1, [one]))).inputs)
    assert kept.raw == one.raw
    assert kept.readings[0].facts == {"count": float(2**70), "label": "\ufffd!", "alarm": True}


def test_a_version_nobody_knows_is_refused_in_plain_words() -> None:
    with pytest.raises(StoreError, match=r"Block 1 has version 7; this hub reads up to 1\. Start the newer software"):
        decode_block(7, encode_block(batch(1)), "Block 1")


def test_an_older_version_is_upcast(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if version 0 had written the community in capitals."""
    monkeypatch.setitem(blocks.UPCASTERS, 0, lambda body: body.replace(b"GUIHUAYUAN", b"guihuayuan"))
    commit = batch(1)
    commit.community = "GUIHUAYUAN"
    assert decode_block(0, encode_block(commit)).community == "guihuayuan"


def test_damage_is_found_and_named() -> None:
    good = encode_block(batch(1, 1, [received(number) for number in range(50)]))
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0x40
    huge = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode({"not": "a block"}))
    for bad in (bytes(flipped), good[:-9], b"", b"nothing of ours", huge):
        with pytest.raises(StoreError, match=r"^Block 1 .*(damaged|cannot be read)"):
            decode_block(VERSION, bad, "Block 1")


def first_received(some: list[Input]) -> Received:
    one = some[0]
    assert isinstance(one, Received)
    return one


def test_an_empty_commit_has_no_special_case() -> None:
    commit: Commit = batch(1, 3, [])
    assert decode_block(VERSION, encode_block(commit)).inputs == []
