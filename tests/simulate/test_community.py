"""Daily life: ordered, repeatable, and cars do not appear out of nowhere."""

from __future__ import annotations

import base64
from collections import defaultdict
from itertools import islice, pairwise, takewhile
from typing import Any

import msgspec
import pytest

from hub.simulate.agenda import Timed, merged
from hub.simulate.community import DAY, WARM_MS, Community
from hub.simulate.scenarios import kitchen_fire

START_MS = 1_790_000_000_000


def days(community: Community, count: float) -> list[Timed]:
    end = START_MS + int(count * DAY)
    return list(takewhile(lambda timed: timed.at_ms < end, community.events(START_MS)))


def body(timed: Timed) -> dict[str, Any]:
    read: dict[str, Any] = msgspec.json.decode(timed.payload)
    return read


def test_same_seed_same_bytes() -> None:
    assert list(islice(Community(7).events(START_MS), 5000)) == list(islice(Community(7).events(START_MS), 5000))


def test_one_community_plays_the_same_day_twice() -> None:
    community = Community(7)
    assert list(islice(community.events(START_MS), 500)) == list(islice(community.events(START_MS), 500))


def test_another_seed_is_another_day() -> None:
    assert list(islice(Community(7).events(START_MS), 500)) != list(islice(Community(8).events(START_MS), 500))


@pytest.mark.parametrize("pace", [1.0, 60.0])
def test_events_come_in_order_of_time(pace: float) -> None:
    times = [timed.at_ms for timed in islice(Community(1, pace=pace).events(START_MS), 20_000)]
    assert times == sorted(times)
    assert times[0] >= START_MS


def test_every_device_is_heard_within_the_first_seconds() -> None:
    community = Community(1)
    early = takewhile(lambda timed: timed.at_ms <= START_MS + WARM_MS, community.events(START_MS))
    topics = {timed.topic for timed in early}
    assert {f"zigbee2mqtt/{detector.name}" for detector in community.compound.detectors} <= topics
    assert {f"zigbee2mqtt/{detector.name}/availability" for detector in community.compound.detectors} <= topics
    heard = {topic.split("/")[3] for topic in topics if topic.startswith("application/")}
    assert heard == {space.dev_eui for space in (*community.compound.spaces, community.compound.fire_lane)}
    alive = {topic.split("/")[1] for topic in topics if topic.endswith("/keep_alive")}
    assert alive == {camera.serial for camera in community.compound.cameras}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cars_that_came_in_and_did_not_leave_are_inside(seed: int) -> None:
    community = Community(seed)
    entry = {camera.serial: camera.entry for camera in community.compound.cameras}
    inside = set(community.parked_at_start())
    began, came, left = len(inside), 0, 0
    for timed in days(community, 4):
        if not timed.topic.endswith("/ivs_result"):
            continue
        message = body(timed)
        result = message["payload"]["AlarmInfoPlate"]["result"]["PlateResult"]
        plate = base64.b64decode(result["license"]).decode("utf-8")
        if entry[message["sn"]]:
            assert plate not in inside
            assert result["direction"] == 4
            inside.add(plate)
            came += 1
        else:
            assert plate in inside
            assert result["direction"] == 3
            inside.remove(plate)
            left += 1
    assert came > 100
    assert left > 100
    assert began + came - left == len(inside)


def test_a_space_is_taken_after_a_gate_or_by_a_bike_and_its_counter_only_grows() -> None:
    community = Community(4)
    counters: dict[str, int] = {}
    occupied: dict[str, bool] = {}
    taken = entered = 0
    entry = {camera.serial for camera in community.compound.cameras if camera.entry}
    for timed in days(community, 2):
        if timed.topic.endswith("/ivs_result"):
            entered += timed.topic.split("/")[1] in entry
        if not timed.topic.endswith("/event/up"):
            continue
        message = body(timed)
        device, data = message["deviceInfo"]["devEui"], base64.b64decode(message["data"])
        assert message["fCnt"] > counters.get(device, 0)
        counters[device] = message["fCnt"]
        if message["fPort"] == 1:
            assert bool(data[0]) is not occupied.get(device), "a status is sent when it changes"
            taken += data[0]
        occupied[device] = bool(data[0])
    bikes = 2 * 24 // 2  # one every two hours at most
    assert entered - 5 <= taken <= entered + bikes
    assert taken > entered, "some of them are bikes"


def test_barriers_rise_and_fall_in_turn() -> None:
    status: dict[str, list[int]] = defaultdict(list)
    for timed in days(Community(2), 1):
        if timed.topic.endswith("/barr_gate_status"):
            status[timed.topic].append(body(timed)["payload"]["body"]["gate_status"])
    assert len(status) == 4
    for said in status.values():
        assert said[0] == 0
        assert all(before != after for before, after in pairwise(said))


def test_nothing_burns_by_itself_and_batteries_run_down() -> None:
    batteries: dict[str, list[int]] = defaultdict(list)
    for timed in takewhile(lambda it: it.at_ms < START_MS + 22 * DAY, Community(1, pace=0.02).events(START_MS)):
        if timed.topic.startswith("zigbee2mqtt/") and timed.topic.endswith("烟感"):
            said = body(timed)
            assert said["smoke"] is False
            assert said["test"] is False
            batteries[timed.topic].append(said["battery"])
    assert len(batteries) == 60
    assert all(levels == sorted(levels, reverse=True) and levels[-1] < levels[0] for levels in batteries.values())


def test_a_scenario_merges_into_daily_life_in_order() -> None:
    fire = kitchen_fire(START_MS + 5000, clears_after_ms=20_000)
    life = takewhile(lambda timed: timed.at_ms < START_MS + 60_000, Community(1).events(START_MS))
    both = list(merged(life, fire))
    assert [timed.at_ms for timed in both] == sorted(timed.at_ms for timed in both)
    assert [timed for timed in both if timed in fire] == fire
