"""The other platforms: what their documents say they can send, beyond the published rows."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from hub.catalogue import load_catalogue
from hub.decode.decoder import Decoder, SourceSettings
from hub.decode.envelopes.generic_json import mistakes
from hub.decode.port import JsonMapping
from hub.model import Event, Kind, RawMessage, Reading, Undecoded

CATALOGUE = load_catalogue()
_decode = Decoder(CATALOGUE)
FIRE = "4040070002ff3b130f0306153517000006ff00000000000011000202018700283517000023003b130f030615832323"


def _read(topic: str, payload: object) -> tuple[Reading, ...]:
    data = (
        payload
        if isinstance(payload, bytes)
        else (payload if isinstance(payload, str) else json.dumps(payload)).encode()
    )
    readings, undecodable = _decode(RawMessage("x", topic, data, 0))
    assert undecodable is None, undecodable
    return readings


def _told(reading: Reading) -> str:
    return f"{reading.device} {reading.kind} {reading.event}"


@pytest.mark.parametrize(
    ("topic", "payload", "told", "facts"),
    [
        ("shellies/shellygas-1/sensor/gas", "heavy", "shellygas-1 gas alarm", {"alarm": True}),
        ("shellies/shellygas-1/sensor/gas", "none", "shellygas-1 gas status", {"alarm": False}),
        ("shellies/shellygas-1/sensor/gas", "unknown", "shellygas-1 gas status", {"alarm": None}),
        ("shellies/shellygas-1/sensor/gas", "test", "shellygas-1 gas test", {"alarm": False, "test": True}),
        ("shellies/shellygas-1/sensor/self_test", "running", "shellygas-1 gas test", {"alarm": False, "test": True}),
        ("shellies/shellygas-1/sensor/operation", "fault", "shellygas-1 gas fault", {"fault": True, "alarm": None}),
        ("shellies/shellyflood-1/sensor/flood", "true", "shellyflood-1 leak alarm", {"alarm": True}),
        ("shellies/shellysmoke-1/sensor/battery", "85", "shellysmoke-1 smoke status", {"battery_pct": 85, "alarm": None}),
        ("shellies/shellydw-1/sensor/state", "open", "shellydw-1 door status", {"open": True}),
        ("shellies/shellysmoke-1/online", "false", "shellysmoke-1 lifecycle offline", {}),
        ("shellies/shelly1-1/relay/0", "on", "shelly1-1 relay status", {"on": True}),
        ("shellies/shellybutton1-1/input_event/0", {"event": "L"}, "shellybutton1-1 button press", {"press": "long"}),
        ("shellyplussmoke-8/online", "true", "shellyplussmoke-8 lifecycle online", {}),
        ("6号楼/shellyplussmoke-8/status/smoke:0", {"alarm": True, "mute": True}, "6号楼/shellyplussmoke-8 smoke alarm", {"muted": True}),
        ("shellyplussmoke-8/status/devicepower:0", {"battery": {"V": 2.9, "percent": 80}}, "shellyplussmoke-8 smoke status", {"battery_v": 2.9, "alarm": None}),
        ("shellyplussmoke-8/status/smoke:0", {"id": 0, "alarm": None}, "shellyplussmoke-8 smoke status", {"alarm": None}),
        ("shellyht-1/events/rpc", {"src": "shellyhtg3-1", "method": "NotifyStatus", "params": {"temperature:0": {"tC": 21.5}}}, "shellyhtg3-1 temperature status", {"temperature": 21.5}),
        ("shellyplussmoke-8/status/sys", {"uptime": 1}, "shellyplussmoke-8 smoke heartbeat", {"alarm": None}),
        ("tele/zb/RESULT", {"ZbReceived": {"0xF1": {"0500<00": "010000FF0000"}}}, "0xF1 unknown alarm", {"alarm": True}),
        ("tele/zb/SENSOR", {"ZbReceived": {"0xF1": {"Name": "厨房烟感", "ZoneStatusChange": 5}}}, "0xF1 smoke alarm", {"tamper": True}),
        ("tele/zb/SENSOR", {"ZbReceived": {"0xF1": {"ZoneType": 40, "ZoneStatusChange": 257}}}, "0xF1 smoke test", {"test": True, "alarm": False}),
        ("tele/zb/SENSOR", {"ZbReceived": {"0xF1": {"ZoneType": 21, "ZoneStatusChange": 9}}}, "0xF1 door status", {"open": True, "battery_low": True, "alarm": None}),
        ("tele/t/LWT", "Online", "t lifecycle online", {}),
        ("t/tele/LWT", "Offline", "t lifecycle offline", {}),
        ("tele/t/STATE", {"Time": "2021-01-01T00:00:00", "Uptime": "1T"}, "t lifecycle heartbeat", {}),
        ("stat/t/RESULT", {"TelePeriod": 300}, "t lifecycle config_response", {}),
        ("stat/t/POWER2", "ON", "t relay status", {"on": True, "channel": 2}),
        ("frigate/available", "offline", "frigate lifecycle gateway_offline", {}),
        ("frigate/gate/status/record", "online", "gate lifecycle online", {}),
        ("frigate/gate/person", "2", "gate camera status", {"count": 2}),
        ("homeassistant/binary_sensor/n/o/config", "", "n discovery discovery", {"state": "removed", "alarm": None}),
        ("$sys/p/dn/thing/property/post", {"id": "1", "params": {"SmokeSensorState": {"value": 1}}}, "dn smoke alarm", {"alarm": True}),
        ("$sys/p/dn/thing/property/post", {"id": "1", "params": {"SmokeSensorState": {"value": 2}}}, "dn smoke status", {"alarm": None}),
        ("/sys/p/dn/thing/event/property/post", {"params": {"WaterSensorState": 1, "BatteryPercentage": 50}}, "dn leak alarm", {"battery_pct": 50}),
        ("/sys/p/dn/thing/event/SmokeAlarm/post", {"params": {"value": {}, "time": 1524448722000}}, "dn smoke alarm", {"alarm": True}),
        ("/sys/p/dn/thing/event/SmokeAlarmRecover/post", {"params": {"value": {}}}, "dn smoke status", {"alarm": False}),
        ("/sys/p/dn/thing/event/SelfTestSmoke/post", {"params": {"value": {}}}, "dn smoke test", {"test": True, "alarm": False}),
        ("/sys/p/dn/thing/event/LowBattery/post", {"params": {"value": {}}}, "dn telemetry status", {"battery_low": True, "alarm": None}),
        ("stat/t/RESULT", {"Switch1": {"Action": "TOGGLE"}}, "t switch press", {"press": "toggle"}),
        ("ns/sensor/c/TH1/data", {"clientCode": "c", "deviceId": "TH1", "data": {"properties": {"temperature": 21.5}}}, "TH1 telemetry property_report", {"temperature": 21.5}),
        ("ns/sensor/c/TH1/status", {"clientCode": "c", "deviceId": "TH1", "data": {"status": "offline"}}, "TH1 lifecycle offline", {}),
        ("info/7/down", {"user_id": 1}, "1 lifecycle offline", {}),
        ("device/S/sys/message/up", {"cmd": "heartbeat"}, "S lifecycle heartbeat", {}),
        ("device/S/sys/message/up", {"cmd": "ivs_result", "license": "沪A12345", "isoffline": 1}, "S lpr plate", {"plate": "沪A12345", "offline_record": True}),
    ],
)  # fmt: skip
def test_a_message_means(topic: str, payload: object, told: str, facts: dict[str, object]) -> None:
    (reading,) = _read(topic, payload)
    assert _told(reading) == told
    assert {name: reading.facts.get(name) for name in facts} == facts


def _ctwing(**more: object) -> dict[str, object]:
    return {
        "productId": "15",
        "deviceId": "d",
        "IMEI": "86",
        "timestamp": 1606982320277,
        "messageType": "dataReport",
        **more,
    }


def _packed(data: bytes) -> dict[str, object]:
    return {"APPdata": b64encode(data).decode()}


@pytest.mark.parametrize(
    ("payload", "told", "facts"),
    [
        (_ctwing(messageType="deviceOnlineOfflineReport", eventType=1), "86 lifecycle online", {}),
        (_ctwing(messageType="deviceOnlineOfflineReport", eventType=0, IMEI=""), "d lifecycle offline", {}),
        (_ctwing(messageType="commandResponse"), "86 lifecycle downlink_ack", {}),
        (_ctwing(payload={"smoke_state": 1, "battery_value": 88}), "86 smoke alarm", {"alarm": True, "battery_pct": 88}),
        (_ctwing(payload={"smoke_state": 0, "temperature": ""}), "86 smoke status", {"alarm": False, "temperature": None}),
        (_ctwing(payload={"smoke": 1}), "86 telemetry property_report", {"alarm": None}),
        (_ctwing(payload=[{"serviceId": "n", "serviceData": {"Alarm_Status": 14, "Battery_Level": 9}}]), "86 smoke test", {"test": True, "alarm": False}),
        (_ctwing(messageType="eventReport", serviceId="smoke_alarm", eventContent={"smoke_state": 1}, eventType=2), "86 smoke alarm", {"alarm": True}),
        (_ctwing(payload=_packed(bytes.fromhex(FIRE))), "86 smoke alarm", {"alarm": True, "source_addr": "ff0600001735"}),
        (_ctwing(payload=_packed(b'{"gas_sensor_state": 1}')), "86 gas alarm", {"alarm": True}),
        ({"notifyType": "deviceInfoChanged", "deviceId": "a", "deviceInfo": {"status": "OFFLINE"}}, "a lifecycle offline", {}),
        ({"notifyType": "deviceDataChanged", "deviceId": "a", "service": {"data": {"devId": "9", "devState": 1, "electricQuantity": 5}}}, "9 smoke alarm", {"platform_device_id": "a"}),
        ({"msg": {"type": 2, "imei": "86", "status": 1, "at": 1547376858663}, "msg_signature": "", "nonce": ""}, "86 lifecycle online", {}),
        ({"msg": {"type": 1, "imei": "86", "value": "7ce10002cb01b5bf1c"}, "nonce": ""}, None, {}),
        ({"msg": {"type": 1, "imei": "86", "value": FIRE}, "nonce": ""}, "86 smoke alarm", {"alarm": True}),
        ({"msg": {"type": 1, "dev_id": 5, "ds_id": "x", "value": 42}, "nonce": ""}, "5 telemetry telemetry", {"value": 42}),
        ({"resource": "device.status", "notify_data": {"header": {"device_id": "a"}, "body": {"status": "ONLINE"}}}, "a lifecycle online", {}),
        ({"status": "offline", "productKey": "p", "deviceName": "dn"}, "dn lifecycle offline", {}),
        ({"Code": "VideoLoss", "Action": "Start", "Data": {"MachineName": "m"}}, "m camera fault", {"fault": True}),
        ({"Code": "FireWarning", "Action": "Start", "Data": {"MachineName": "m"}}, "m camera alarm", {"alarm": True}),
        ({"event_type": 1, "stream_id": "s"}, "s camera vendor_code", {"alarm": None, "code": "1"}),
    ],
)  # fmt: skip
def test_a_push_means(payload: object, told: str | None, facts: dict[str, object]) -> None:
    if told is None:  # a checksum that fits no CRC
        readings, undecodable = _decode(RawMessage("x", "ingest/x", json.dumps(payload).encode(), 0))
        assert readings == ()
        assert undecodable is not None
        assert undecodable.reason is Undecoded.BAD_CHECKSUM
        return
    (reading,) = _read("ingest/x", payload)
    assert _told(reading) == told
    assert {name: reading.facts.get(name) for name in facts} == facts


def test_a_gateway_speaks_for_each_of_its_devices() -> None:
    statuses = [{"device_id": "a", "status": "ONLINE"}, {"device_id": "b", "status": "OFFLINE"}]
    service = {
        "service_id": "$sub_device_manager",
        "event_type": "sub_device_update_status",
        "paras": {"device_statuses": statuses},
    }
    readings = _read("$oc/devices/gw/sys/events/up", {"services": [service]})
    assert [_told(reading) for reading in readings] == ["a lifecycle online", "b lifecycle offline"]
    assert readings[0].facts == {"gateway": "gw"}


def test_services_of_two_moments_are_two_readings() -> None:
    services = [
        {"service_id": "Battery", "properties": {"level": 80}, "event_time": "20151212T121212Z"},
        {"service_id": "Smoke", "properties": {"smoke_alarm": 1}, "event_time": "20151212T131212Z"},
    ]
    readings = _read("$oc/devices/d/sys/properties/report", {"services": services})
    assert [_told(reading) for reading in readings] == ["d telemetry property_report", "d smoke alarm"]
    assert readings[1].device_ms == 1449925932000


@pytest.mark.parametrize(
    ("event", "told", "facts"),
    [
        ({"component": "smoke:0", "event": "alarm"}, "s smoke alarm", {"alarm": True}),
        ({"component": "smoke:0", "event": "alarm_off"}, "s smoke status", {"alarm": False}),
        ({"component": "smoke:0", "event": "alarm_test"}, "s smoke test", {"alarm": False, "test": True}),
        ({"component": "flood:0", "event": "cable_unplugged"}, "s leak fault", {"fault": True}),
        ({"component": "input:1", "event": "double_push"}, "s button press", {"press": "double", "channel": 1}),
    ],
)
def test_a_shelly_notifies_events(event: dict[str, object], told: str, facts: dict[str, object]) -> None:
    message = {"src": "s", "method": "NotifyEvent", "params": {"ts": 1631266595.44, "events": [event]}}
    (reading,) = _read("s/events/rpc", message)
    assert (_told(reading), reading.facts, reading.device_ms) == (told, facts, 1631266595440)


def test_a_shelly_whose_clock_is_not_set_is_not_believed() -> None:
    message = {"src": "s", "method": "NotifyStatus", "params": {"ts": 5.2, "smoke:0": {"alarm": True}}}
    assert _read("s/events/rpc", message)[0].device_ms is None


def test_a_tasmota_time_is_local() -> None:
    (reading,) = _read("tele/t/SENSOR", {"Time": "2021-01-01T08:00:00", "Switch1": "OFF"})
    assert reading.device_ms == 1609459200000


@pytest.mark.parametrize(
    "topic", ["frigate/stats", "frigate/c/detect/state", "frigate/c/person/snapshot", "/sys/p/d/thing/service/property/set", "homeassistant/status"]
)  # fmt: skip
def test_what_says_nothing_about_a_device_gives_nothing(topic: str) -> None:
    assert _read(topic, "{}") == ()


MAPPING = JsonMapping(
    device="topic[1]", kind=Kind.SMOKE, time="t", event="e", events={"boom": "alarm", "try": "test"},
    facts={"alarm": "s.v == 1", "battery_pct": "list[0].pct", "description": "d"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "event", "facts"),
    [
        ({"s": {"v": 1}, "list": [{"pct": "80"}], "d": "厨房", "t": 1609459200}, Event.ALARM, {"alarm": True, "battery_pct": 80, "description": "厨房"}),
        ({"s": {"v": 0}, "t": "2021-01-01 08:00:00"}, Event.STATUS, {"alarm": False}),
        ({"s": {}, "list": [], "t": 1609459200000}, Event.STATUS, {}),
        ({"e": "boom", "t": 1609459200}, Event.ALARM, {}),
        ({"e": "try", "s": {"v": 1}, "t": 1609459200}, Event.TEST, {"alarm": False, "test": True}),
        ({"e": "what", "t": 1609459200}, Event.VENDOR_CODE, {}),
    ],
)  # fmt: skip
def test_generic_json_is_read_by_its_mapping(content: object, event: Event, facts: dict[str, object]) -> None:
    decode = Decoder(CATALOGUE, {"own": SourceSettings("json", MAPPING)})
    (reading,), undecodable = decode(RawMessage("own", "a/烟感7/x", json.dumps(content).encode(), 0))
    assert undecodable is None
    assert (reading.device, reading.kind, reading.event, reading.facts) == ("烟感7", Kind.SMOKE, event, facts)
    assert reading.device_ms == 1609459200000


def test_a_mapping_s_mistakes_are_told() -> None:
    wrong = JsonMapping(device="a", kind=Kind.SMOKE, events={"x": "bang"}, facts={"smokiness": "b"})
    assert len(mistakes(wrong)) == 2
    assert mistakes(MAPPING) == []


def test_a_push_sent_again_has_the_same_natural_key_and_another_push_another() -> None:
    first = _read("ingest/x", _ctwing(payload={"smoke_state": 1}))[0]
    again = _read("ingest/x", _ctwing(payload={"smoke_state": 1}))[0]
    other = _read("ingest/x", _ctwing(payload={"smoke_state": 0}))[0]
    assert first.key == again.key != other.key
    parts = _read("ingest/x", _ctwing(payload=[{"smoke_state": 1}, {"smoke_state": 1}]))
    assert parts[0].key != parts[1].key


def test_the_registered_kind_says_what_a_zigbee_zone_is() -> None:
    decode = Decoder(CATALOGUE, kind_of={"0xF1": Kind.SMOKE})
    message = {"ZbReceived": {"0xF1": {"ZoneStatusChange": 1}}}
    (reading,), _ = decode(RawMessage("x", "tele/zb/RESULT", json.dumps(message).encode(), 0))
    assert (reading.kind, reading.event) == (Kind.SMOKE, Event.ALARM)
