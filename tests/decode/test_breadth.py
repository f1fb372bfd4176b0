"""Layouts that platforms also send, beside those of the published rows: each was misread or lost before."""

from __future__ import annotations

import pytest

from hub.catalogue import load_catalogue
from hub.decode.decoder import Decoder, SourceSettings
from hub.model import Event, Fact, Kind, RawMessage

SN = "265e1040-85e01fb7"
_SOURCES = {"dahua": SourceSettings(envelope="dahua")}
_decode = Decoder(load_catalogue(), _SOURCES)
_DOWN = '{"status":"OFFLINE","device_id":"sub1"}'


@pytest.mark.parametrize(
    ("topic", "payload", "device", "kind", "event", "facts"),
    [
        pytest.param(
            "tele/Smoke/SENSOR", '{"Smoke":{"Device":"0x1A2B","Name":"Smoke","Fire":1,"Endpoint":1}}',
            "0x1A2B", Kind.SMOKE, Event.ALARM, {"alarm": True}, id="Tasmota with SetOption100",
        ),
        pytest.param(
            "tele/bridge/SENSOR", '{"ZbReceived":{"0x1A2B":{"Device":"0x1A2B","ModelId":"SMOK_YDLV10","ZoneStatusChange":1}}}',
            "0x1A2B", Kind.SMOKE, Event.ALARM, {"alarm": True}, id="Tasmota: a Heiman without a name",
        ),
        pytest.param(
            "tele/bridge/SENSOR", '{"ZbReceived":{"0x1":{"ModelId":"lumi.sensor_smoke","0500<00":"020000FF0000"}}}',
            "0x1", Kind.SMOKE, Event.TEST, {"alarm": False, "test": True}, id="Tasmota: a Xiaomi's test button",
        ),
        pytest.param(
            "tele/bridge/SENSOR", '{"ZbReceived":{"0x1":{"ModelId":"lumi.sensor_smoke","0500<00":"010000FF0000"}}}',
            "0x1", Kind.SMOKE, Event.ALARM, {"alarm": True}, id="Tasmota: a Xiaomi's smoke",
        ),
        pytest.param(
            f"device/{SN}/message/up/gpio_in", f'{{"sn":"{SN}","name":"gpio_in","payload":{{"body":{{"source":1,"value":0}}}}}}',
            SN, Kind.GATE_IO, Event.IO_CHANGE, {"input": 1, "on": False}, id="Vzenith input without its wrappers",
        ),
        pytest.param(
            "/device/push/result", f'{{"AlarmGioIn":{{"serialno":"{SN}","result":{{"TriggerResult":{{"source":0,"value":1}}}}}}}}',
            SN, Kind.GATE_IO, Event.IO_CHANGE, {"input": 0, "on": True}, id="Vzenith input on the one topic",
        ),
        pytest.param(
            "/device/push/result", f'{{"heartbeat":{{"serialno":"{SN}","countid":7}}}}',
            SN, Kind.LIFECYCLE, Event.HEARTBEAT, {"alarm": False}, id="Vzenith heartbeat on the one topic",
        ),
        pytest.param(
            "zigbee2mqtt/Schalter", '{"click":"double","battery":97,"linkquality":10}',
            "Schalter", Kind.BUTTON, Event.PRESS, {"press": "double", "battery_pct": 97}, id="Zigbee2MQTT before 1.19",
        ),
        pytest.param(
            "$oc/devices/gw/sys/events/up",
            '{"services":[{"service_id":"$sub_device_manager","event_type":"sub_device_update_status_response",'
            f'"event_time":"20151212T121212Z","paras":{{"successful_devices":[{_DOWN}],"failed_devices":[]}}}}]}}',
            "sub1", Kind.LIFECYCLE, Event.OFFLINE, {"gateway": "gw"}, id="IoTDA takes over a sub-device's state",
        ),
        pytest.param(
            "push", '{"messageType":"dataReportTupLev","productId":"1","deviceId":"d","payload":{"smoke_state":1}}',
            "d", Kind.SMOKE, Event.ALARM, {"alarm": True}, id="CTWing data under another message type",
        ),
        pytest.param(
            "push", '{"messageType":"propertyReport","productId":"1","deviceId":"d","payload":{"smoke_state":1}}',
            "d", Kind.SMOKE, Event.ALARM, {"alarm": True}, id="CTWing payload of a type we do not know",
        ),
        pytest.param(
            "$oc/devices/d/sys/properties/report", '{"services":[{"service_id":"smokeDetector","properties":{"alarm":1}}]}',
            "d", Kind.SMOKE, Event.ALARM, {"alarm": True}, id="IoTDA: the service says what the alarm is about",
        ),
        pytest.param(
            "push", '{"messageType":"eventReport","productId":"1","deviceId":"d","eventContent":{"fault":1,"error_code":3}}',
            "d", Kind.TELEMETRY, Event.FAULT, {"fault": True, "label": None}, id="CTWing fault without a name",
        ),
        pytest.param(
            "push", '{"notifyType":"deviceDataChanged","deviceId":"d","service":{"serviceId":"x","data":{"rawData":'
            '"eyJzbW9rZSI6dHJ1ZX0="}}}',
            "d", Kind.SMOKE, Event.ALARM, {"alarm": True}, id="OceanConnect passes bytes through",
        ),
        pytest.param(
            "zigbee2mqtt/Rauch", '{"alarm_1":false,"smoke_alarm_1":true,"smoke_alarm_2":false,"battery":100,"tamper":false}',
            "Rauch", Kind.SMOKE, Event.ALARM, {"alarm": True, "tamper": False}, id="Zigbee2MQTT tells both bits of a zone",
        ),
        pytest.param(
            # Koenkk/zigbee-herdsman-converters pull request 9604
            "zigbee2mqtt/Rauch", '{"alarm_1":false,"alarm_2":false,"battery":100,"smoke_alarm_1":null,"smoke_alarm_2":null}',
            "Rauch", Kind.SMOKE, Event.STATUS, {"alarm": False}, id="Zigbee2MQTT tells a zone twice, once as null",
        ),
        pytest.param(
            "zigbee2mqtt/x", '{"alarm_1":true,"linkquality":9}', "x", Kind.UNKNOWN, Event.ALARM, {"alarm": True},
            id="Zigbee2MQTT does not know what the zone watches for",
        ),
        pytest.param(
            # Koenkk/zigbee2mqtt issue 391
            "zigbee2mqtt/smoke", '{"battery":"100.00","voltage":3055,"linkquality":60,"smoke":false}', "smoke", Kind.SMOKE,
            Event.STATUS, {"alarm": False, "battery_pct": 100.0, "battery_v": 3.055}, id="Zigbee2MQTT of 2018",
        ),
    ],
)  # fmt: skip
def test_another_layout_is_read(
    topic: str, payload: str, device: str, kind: Kind, event: Event, facts: dict[str, Fact]
) -> None:
    readings, why = _decode(RawMessage("any", topic, payload.encode(), 0))
    assert why is None
    assert [(each.device, each.kind, each.event) for each in readings] == [(device, kind, event)]
    assert {name: readings[0].facts.get(name) for name in facts} == facts


@pytest.mark.parametrize(
    "head", ["", "--myboundary\r\nContent-Type: text/plain\r\nContent-Length:120\r\n\r\n"], ids=["bare", "multipart"]
)
def test_a_dahua_event_stream_is_read(head: str) -> None:
    text = head + 'Code=TrafficJunction;action=Pulse;index=0;data={"TrafficCar":{"PlateNumber":"沪A12345"}}\r\n\r\n'
    readings, why = _decode(RawMessage("dahua", "ingest/dahua", text.encode(), 0))
    assert why is None
    assert [(each.kind, each.event, each.facts["plate"]) for each in readings] == [(Kind.LPR, Event.PLATE, "沪A12345")]


def test_a_dahua_stream_without_data_is_still_an_event() -> None:
    readings, why = _decode(RawMessage("dahua", "ingest/dahua", b"Code=VideoMotion;action=Start;index=0", 0))
    assert why is None
    assert [(each.kind, each.event) for each in readings] == [(Kind.CAMERA, Event.MOTION)]


def test_bytes_of_an_unknown_maker_are_kept_aside_not_called_telemetry() -> None:
    push = b'{"notifyType":"deviceDataChanged","deviceId":"d","service":{"serviceId":"x","data":{"rawData":"AAEC"}}}'
    readings, why = _decode(RawMessage("any", "push", push, 0))
    assert why is not None
    assert [(each.device, each.event, each.facts["raw_hex"]) for each in readings] == [
        ("d", Event.UPLINK_UNDECODED, "000102")
    ]


def test_what_a_gateway_kept_is_history_and_no_alarm_of_now() -> None:
    record = (
        b'{"id":"1","params":[{"identity":{"productKey":"p","deviceName":"sub"},"properties":[{"SmokeSensorState":'
        b'{"value":1,"time":1524448722000}}],"events":[{"SmokeAlarm":{"value":{},"time":1524448722000}}]}]}'
    )
    readings, why = _decode(RawMessage("any", "/sys/p/gw/thing/event/property/history/post", record, 0))
    assert why is None
    assert [(each.device, each.kind, each.event, each.historical) for each in readings] == [
        ("sub", Kind.SMOKE, Event.HISTORY_RECORD, True)
    ] * 2
    assert {each.device_ms for each in readings} == {1524448722000}


_TTS = '"end_device_ids":{"device_id":"d1","dev_eui":"4200000000000000"},"received_at":"2020-02-12T15:15:45.787Z"'
_LNS = '"deviceInfo":{"devEui":"0101010101010101"},"time":"2022-07-18T09:33:28.823500726+00:00"'


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (f'{{{_TTS},"join_accept":{{"session_key_id":"x"}}}}', Event.JOIN),
        (f'{{{_TTS},"downlink_ack":{{}}}}', Event.DOWNLINK_ACK),
        (f'{{{_TTS},"downlink_failed":{{"error":{{}}}}}}', Event.DOWNLINK_FAILED),
        (f'{{{_TTS},"location_solved":{{"location":{{"latitude":1.5,"longitude":2.5}}}}}}', Event.LOCATION),
        (f'{{{_TTS},"service_data":{{"service":"x"}}}}', Event.INTEGRATION),
        (f'{{{_LNS},"devAddr":"00189440"}}', Event.JOIN),
        (f'{{{_LNS},"margin":10,"batteryLevel":88.3}}', Event.BATTERY),
        (f'{{{_LNS},"queueItemId":"x","acknowledged":true,"fCntDown":4}}', Event.DOWNLINK_ACK),
        (f'{{{_LNS},"downlinkId":5,"gatewayId":"x"}}', Event.DOWNLINK_SENT),
        (f'{{{_LNS},"level":"ERROR","code":"UPLINK_MIC","description":"x"}}', Event.LOG_ERROR),
        (f'{{{_LNS},"location":{{"latitude":1.5}}}}', Event.LOCATION),
    ],
)
def test_a_push_without_a_topic_says_by_its_body_what_happened(payload: str, event: Event) -> None:
    readings, why = _decode(RawMessage("any", "ingest/any", payload.encode(), 0))
    assert why is None
    assert [(each.kind, each.event) for each in readings] == [(Kind.LIFECYCLE, event)]
