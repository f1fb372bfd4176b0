"""Line protocol: fixed types, nothing personal, no two events at one instant."""

from __future__ import annotations

import math

from hub.core.decisions import (
    AlertCleared,
    AlertRaised,
    DuplicateIgnored,
    IncidentAccepted,
    IncidentClosed,
    Reason,
    RegistryChanged,
)
from hub.core.inputs import Received, TimePassed
from hub.influx.lines import PERSONAL, Lines, to_bytes
from hub.model import FACTS, Event, Fact, Kind, Outcome, RawMessage, Reading, Severity
from hub.store.port import Block
from tests.influx.journal import NOW_MS, ListedJournal, plate, smoke, where


def lines_of(*readings: Reading) -> list[str]:
    return Lines("main", where).of_block(ListedJournal().add(*readings))


def test_numbers_and_booleans_are_one_line_and_strings_another() -> None:
    assert lines_of(smoke(alarm=True, muted=False, battery_pct=97, temperature=-3.5, state="ok")) == [
        "reading,building=6号楼,community=main,device=烟感\\ 1,kind=smoke,place=b6-1203 "
        f"seen=1i,alarm=1i,muted=0i,battery_pct=97.0,temperature=-3.5 {NOW_MS}000001",
        "reading_text,building=6号楼,community=main,device=烟感\\ 1,kind=smoke,place=b6-1203 "
        f'state="ok" {NOW_MS}000001',
    ]


def test_a_reading_without_facts_still_says_that_it_was_heard() -> None:
    assert lines_of(Reading("x", Kind.LIFECYCLE, Event.HEARTBEAT, {})) == [
        f"reading,community=main,device=x,kind=lifecycle seen=1i {NOW_MS}000001"
    ]


def test_two_events_of_one_millisecond_have_two_times() -> None:
    times = [line.rpartition(" ")[2] for line in lines_of(smoke(alarm=True), smoke(alarm=False))]
    assert times == [f"{NOW_MS}000001", f"{NOW_MS}000002"]


def test_the_second_reading_of_one_message_has_the_next_seq() -> None:
    both = Received(RawMessage("s", "t", b"", NOW_MS), (smoke(alarm=True), smoke(alarm=False)))
    block = Block(
        community="main",
        first_seq=1_999_999,
        last_seq=2_000_001,
        inputs=[TimePassed(NOW_MS, True), both],
        seqs=[1_999_998, 1_999_999],
        decisions=[],
    )
    times = [line.rpartition(" ")[2] for line in Lines("main", where).of_block(block)]
    assert times == [f"{NOW_MS}999999", f"{NOW_MS}000000"]


def test_plates_and_names_never_leave() -> None:
    every: dict[str, Fact] = {name: "京A12345" if kind == "text" else 1.5 for name, (kind, _) in FACTS.items()}
    text = "\n".join(lines_of(Reading("cam,1", Kind.LPR, Event.PLATE, every)))
    assert {"plate", "known_name", "name"} <= PERSONAL <= set(FACTS)
    for name in PERSONAL:
        assert f"{name}=" not in text.replace("vehicle_color", "").replace("plate_color=", ""), name
    assert 'plate_color="' in text


def test_a_value_of_another_type_than_its_fact_is_left_out() -> None:
    (line,) = lines_of(
        smoke(alarm=1, battery_pct=True, level="low", state=5, temperature=math.nan, rssi=math.inf, count=2**70)
    )
    assert line.endswith(f" seen=1i {NOW_MS}000001")


def test_hostile_text_stays_one_field_of_one_line() -> None:
    nasty = 'a"b\\c\nd\0e\r,f=g h\udc80\\'
    line, text = lines_of(Reading(nasty, Kind.SMOKE, Event.STATUS, {"state": nasty}))
    assert "\n" not in line + text
    assert line.split(" seen=")[0].endswith('device=a"b/c_d_e_\\,f\\=g\\ h\udc80/,kind=smoke')
    assert 'state="a\\"b\\\\c d e ,f=g h' in text
    assert to_bytes([line]).decode("utf-8")


def test_long_text_is_cut() -> None:
    _, text = lines_of(smoke(state="x" * 100_000))
    assert len(text) < 1200


def test_readings_of_the_past_go_elsewhere_at_their_own_time() -> None:
    past = Reading("d", Kind.SMOKE, Event.HISTORY_RECORD, {"alarm": True}, device_ms=NOW_MS - 5, historical=True)
    assert lines_of(past) == [f"history,community=main,device=d,kind=smoke seen=1i,alarm=1i {NOW_MS - 5}000001"]


def test_a_redelivered_reading_is_written_once() -> None:
    journal = ListedJournal()
    again = DuplicateIgnored(seq=2, at_ms=NOW_MS, reason=Reason.DUPLICATE_KEY, device="烟感 1")
    block = journal.add(smoke(alarm=True), smoke(alarm=True), decisions=[again])
    assert len(Lines("main", where).of_block(block)) == 1


def test_a_device_that_moved_gets_its_new_place() -> None:
    places = {"d": ("a", "1")}
    lines = Lines("main", places.__getitem__)
    journal = ListedJournal()
    assert "place=a" in lines.of_block(journal.add(smoke("d")))[0]
    places["d"] = ("b", "2")
    moved = RegistryChanged(seq=2, at_ms=NOW_MS, reason=Reason.PERSON_ASKED, what="device", id="d")
    assert "building=2" in lines.of_block(journal.add(smoke("d"), decisions=[moved]))[0]


def test_a_device_of_two_kinds_keeps_them_apart() -> None:
    first, second, third = lines_of(smoke("d"), plate("d"), smoke("d"))
    assert ["kind=smoke" in first, "kind=lpr" in second, "kind=smoke" in third] == [True, True, True]


def test_what_became_of_alerts_are_points() -> None:
    block = ListedJournal().add(
        decisions=[
            AlertRaised(
                seq=7, at_ms=NOW_MS, reason=Reason.CONDITION_MET, alert=8, rule="smoke",
                severity=Severity.CRITICAL, subject="烟感 1", place="b6-1203",
            ),
            AlertCleared(seq=9, at_ms=NOW_MS, reason=Reason.CONDITION_CLEARED, alert=8),
            IncidentAccepted(seq=10, at_ms=NOW_MS, reason=Reason.PERSON_ASKED, incident=9, person="wang"),
            IncidentClosed(
                seq=11, at_ms=NOW_MS, reason=Reason.PERSON_ASKED, incident=9, person="wang", outcome=Outcome.FALSE
            ),
        ]
    )  # fmt: skip
    lines = Lines("main", where).of_block(block)
    assert lines == [
        "alert,building=6号楼,community=main,event=raised,place=b6-1203,rule=smoke,severity=critical "
        f"count=1i,alert=8i,late=0i {NOW_MS}000007",
        f"alert,community=main,event=cleared count=1i,alert=8i {NOW_MS}000009",
        f"alert,community=main,event=accepted count=1i,incident=9i {NOW_MS}000010",
        f"alert,community=main,event=closed,outcome=false count=1i,incident=9i {NOW_MS}000011",
    ]
    assert "wang" not in "".join(lines)
