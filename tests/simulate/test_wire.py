"""Every payload has the vendor's shape; checked against the documents, not against our own decoders."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec

from hub.simulate import vendors
from hub.simulate.agenda import Timed
from hub.simulate.guihuayuan import compound
from hub.simulate.scenarios import (
    falls_silent,
    gate_stuck_open,
    goes_offline,
    kitchen_fire,
    low_battery,
    smoke_test,
    space_squatted,
    unknown_car,
)

AT_MS = 1_790_000_000_123
SERIAL = "265e1040-85e01fb7"


def wire(message: vendors.Json) -> dict[str, Any]:
    read: dict[str, Any] = msgspec.json.decode(vendors.encode(message))
    return read


def read(timed: Timed) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(timed.payload)
    return body


def test_zigbee_smoke_state() -> None:
    state = wire(vendors.zigbee_smoke(battery=12, linkquality=80))
    assert state == {
        "battery": 12,
        "battery_low": True,
        "linkquality": 80,
        "smoke": False,
        "tamper": False,
        "test": False,
        "voltage": 2484,
    }


def test_chirpstack_uplink_is_whole_and_has_no_object() -> None:
    up = wire(
        vendors.chirpstack_uplink(
            Random(1),
            at_ms=AT_MS,
            dev_eui="0004a30b00123456",
            name="12号车位",
            f_cnt=7,
            f_port=2,
            data=vendors.tps110_heartbeat(True, -1),
        )
    )
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", up["deduplicationId"])
    assert datetime.fromisoformat(up["time"]) == datetime.fromtimestamp(AT_MS / 1000, UTC)
    assert up["deviceInfo"]["devEui"] == "0004a30b00123456"
    assert up["deviceInfo"]["deviceProfileName"] == "Bosch TPS110"
    assert {"tenantId", "tenantName", "applicationId", "deviceProfileId", "deviceName", "tags"} <= up[
        "deviceInfo"
    ].keys()
    assert (up["fCnt"], up["fPort"], up["confirmed"], up["adr"]) == (7, 2, False, True)
    assert up["data"] == "Af8="  # the vendor's example of a heartbeat at -1 °C
    assert "object" not in up
    assert {"gatewayId", "uplinkId", "rssi", "snr", "channel", "context", "metadata", "crcStatus"} <= up["rxInfo"][
        0
    ].keys()
    assert 470_000_000 < up["txInfo"]["frequency"] < 510_000_000
    assert re.fullmatch(r"[0-9a-f]{8}", up["devAddr"])


def test_tps110_status_is_one_byte() -> None:
    assert vendors.tps110_status(True) == b"\x01"
    assert vendors.tps110_status(False) == b"\x00"


def test_vzenith_plate() -> None:
    it = wire(
        vendors.vzenith_plate(Random(1), SERIAL, AT_MS, plate="沪ZD12345", direction=vendors.DOWN, camera="东门入口")
    )
    assert (it["sn"], it["name"], it["version"], it["timestamp"]) == (SERIAL, "ivs_result", "1.0", AT_MS // 1000)
    assert re.fullmatch(r"[A-Za-z0-9]{16}", it["id"])
    result = it["payload"]["AlarmInfoPlate"]["result"]["PlateResult"]
    assert base64.b64decode(result["license"]).decode("utf-8") == "沪ZD12345"
    assert (result["isoffline"], result["is_encrypted"], result["direction"], result["colorType"]) == (0, 0, 4, 5)
    clock = result["timeStamp"]["Timeval"]
    assert (clock["sec"], clock["usec"]) == (AT_MS // 1000, 123_000)
    utc_hour = datetime.fromtimestamp(AT_MS / 1000, UTC).hour
    assert clock["dechour"] == (utc_hour + 8) % 24  # the camera's own clock shows local time


def test_vzenith_keep_alive_and_gate() -> None:
    alive = wire(vendors.vzenith_keep_alive(Random(1), SERIAL, AT_MS))
    assert alive["payload"]["body"]["timestamp"] == AT_MS // 1000
    gate = wire(vendors.vzenith_gate(Random(1), SERIAL, AT_MS, vendors.GATE_OPEN))
    assert gate["payload"]["body"] == {"gate_ctrl_id": 1, "gate_status": 1, "connect_status": 1, "enable": 1}


def test_chirpstack_status() -> None:
    it = wire(vendors.chirpstack_status(Random(1), at_ms=AT_MS, dev_eui="00", name="x", battery_pct=88.3))
    assert (it["batteryLevel"], it["externalPowerSource"], it["batteryLevelUnavailable"]) == (88.3, False, False)
    assert 5 <= it["margin"] < 20


# ── scenarios ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_kitchen_fire_alarms_at_once_repeats_and_clears() -> None:
    fire = kitchen_fire(AT_MS, clears_after_ms=30_000)
    assert {timed.topic for timed in fire} == {"zigbee2mqtt/6号楼/12层/1203-烟感"}
    assert [timed.at_ms - AT_MS for timed in fire] == [0, 10_000, 20_000, 30_000]
    assert [read(timed)["smoke"] for timed in fire] == [True, True, True, False]
    assert not any(timed.retain for timed in fire)


def test_a_test_is_never_a_fire() -> None:
    pressed = [read(timed) for timed in smoke_test(AT_MS)]
    assert [(state["test"], state["smoke"]) for state in pressed] == [(True, False), (False, False)]


def test_a_low_battery_says_so_twice() -> None:
    (said,) = map(read, low_battery(AT_MS))
    assert (said["battery"], said["battery_low"]) == (9, True)


def test_a_silent_sensor_is_only_missing() -> None:
    life = [Timed(at, f"zigbee2mqtt/{name}", b"{}") for at in (1, 2, 3) for name in ("a", "b")]
    left = list(falls_silent(life, 2, detector="a"))
    assert [(timed.at_ms, timed.topic[-1]) for timed in left] == [(1, "a"), (1, "b"), (2, "b"), (3, "b")]


def test_lost_by_its_platform_is_a_retained_state() -> None:
    (said,) = goes_offline(AT_MS)
    assert said.retain
    assert said.topic.endswith("/availability")
    assert read(said) == {"state": "offline"}


def test_a_stuck_gate_stays_open_until_it_falls() -> None:
    said = gate_stuck_open(compound(1), AT_MS, for_ms=180_000)
    assert [read(timed)["payload"]["body"]["gate_status"] for timed in said] == [1, 1, 1, 0]
    assert len({timed.topic for timed in said}) == 1


def test_an_unknown_car_is_on_no_list() -> None:
    it = compound(1)
    seen = read(unknown_car(it, AT_MS)[0])
    text = seen["payload"]["AlarmInfoPlate"]["result"]["PlateResult"]["license"]
    assert base64.b64decode(text).decode() not in it.resident_plates


def test_a_squatted_space_is_taken_and_given_back() -> None:
    said = [read(timed) for timed in space_squatted(compound(1), AT_MS, number=12)]
    assert [base64.b64decode(up["data"]) for up in said] == [b"\x01", b"\x00"]
    assert {up["deviceInfo"]["devEui"] for up in said} == {compound(1).spaces[11].dev_eui}
