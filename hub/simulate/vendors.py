"""What the devices of the simulated compound really put on the wire, byte for byte. Pure.

Shapes: Zigbee2MQTT state and availability of a smoke detector; ChirpStack v4 uplink and status events with the raw bytes
of a Bosch TPS110 (port 1 status, port 2 heartbeat); Vzenith plate camera, topic layout ``device/{sn}/message/up/{name}``.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

Json = dict[str, object]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHANGHAI = timedelta(hours=8)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

TENANT_ID = "5a1f6c1e-0b1d-4a55-9f0e-6b0a2d5c7e10"
APPLICATION_ID = "b7c9a2d4-3e61-4c1b-8f57-2d9e4a6c8b10"
PROFILE_ID = "e2d4c6b8-7a59-4f3e-9b1d-0c8e6a4f2d30"
PARKING_PROFILE = "Bosch TPS110"

STATUS_PORT = 1
HEARTBEAT_PORT = 2

GATE_CLOSED = 0
GATE_OPEN = 1

BLUE_PLATE = 1
GREEN_PLATE = 5
VIRTUAL_LOOP = 8
UP = 3
DOWN = 4
"""Directions of a plate: away from the camera and towards it."""


def rfc3339(at_ms: int) -> str:
    """Time as ChirpStack writes it: UTC with an offset, microseconds."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="microseconds")


def uuid4(random: Random) -> str:
    """A version 4 UUID out of a seeded generator."""
    bits = random.getrandbits(128)
    bits = (bits & ~(0xF << 76)) | (0x4 << 76)
    bits = (bits & ~(0x3 << 62)) | (0x2 << 62)
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def encode(body: Json) -> bytes:
    return msgspec.json.encode(body)


# ── Zigbee2MQTT ──────────────────────────────────────────────────────────────────────────────────────────────────────


def zigbee_topic(friendly_name: str) -> str:
    return f"zigbee2mqtt/{friendly_name}"


def zigbee_smoke(*, battery: int, linkquality: int, smoke: bool = False, test: bool = False) -> Json:
    """State of a smoke detector; several facts at once, whichever of them changed."""
    return {
        "battery": battery,
        "battery_low": battery <= 15,
        "linkquality": linkquality,
        "smoke": smoke,
        "tamper": False,
        "test": test,
        "voltage": 2400 + battery * 7,
    }


def zigbee_availability(online: bool) -> Json:
    """Published retained, under the device's topic and for the bridge under ``bridge/state``."""
    return {"state": "online" if online else "offline"}


# ── ChirpStack v4 with Bosch TPS110 ──────────────────────────────────────────────────────────────────────────────────


def chirpstack_topic(dev_eui: str, event: str = "up") -> str:
    return f"application/{APPLICATION_ID}/device/{dev_eui}/event/{event}"


def tps110_status(occupied: bool) -> bytes:
    """Port 1: one byte, bit 0 is occupied."""
    return bytes([int(occupied)])


def tps110_heartbeat(occupied: bool, celsius: int) -> bytes:
    """Port 2: occupied, then the temperature as a signed byte."""
    return bytes([int(occupied), celsius & 0xFF])


def chirpstack_device(dev_eui: str, name: str) -> Json:
    return {
        "tenantId": TENANT_ID,
        "tenantName": "桂花园",
        "applicationId": APPLICATION_ID,
        "applicationName": "车位地磁",
        "deviceProfileId": PROFILE_ID,
        "deviceProfileName": PARKING_PROFILE,
        "deviceName": name,
        "devEui": dev_eui,
        "deviceClassEnabled": "CLASS_A",
        "tags": {},
    }


def chirpstack_uplink(
    random: Random, *, at_ms: int, dev_eui: str, name: str, f_cnt: int, f_port: int, data: bytes
) -> Json:
    """Uplink event of a device without a codec in ChirpStack: ``data`` only, no ``object``."""
    time = rfc3339(at_ms)
    channel = random.randrange(8)
    frequency = 486_300_000 + 200_000 * channel
    lora = {"bandwidth": 125000, "spreadingFactor": random.choice((8, 9, 10)), "codeRate": "CR_4_5"}
    return {
        "deduplicationId": uuid4(random),
        "time": time,
        "deviceInfo": chirpstack_device(dev_eui, name),
        "devAddr": f"01{dev_eui[-6:]}",
        "adr": True,
        "dr": 3,
        "fCnt": f_cnt,
        "fPort": f_port,
        "confirmed": False,
        "data": base64.b64encode(data).decode("ascii"),
        "rxInfo": [
            {
                "gatewayId": "a84041ffff1e2d40",
                "uplinkId": random.getrandbits(16),
                "nsTime": time,
                "rssi": -random.randrange(62, 118),
                "snr": random.randrange(-60, 120) / 10,
                "channel": channel,
                "location": {},
                "context": base64.b64encode(random.getrandbits(32).to_bytes(4, "big")).decode("ascii"),
                "metadata": {"region_common_name": "CN470", "region_config_id": "cn470_10"},
                "crcStatus": "CRC_OK",
            }
        ],
        "txInfo": {"frequency": frequency, "modulation": {"lora": lora}},
        "regionConfigId": "cn470_10",
    }


def chirpstack_status(random: Random, *, at_ms: int, dev_eui: str, name: str, battery_pct: float) -> Json:
    """Answer to the network server's daily device-status request."""
    return {
        "deduplicationId": uuid4(random),
        "time": rfc3339(at_ms),
        "deviceInfo": chirpstack_device(dev_eui, name),
        "margin": random.randrange(5, 20),
        "externalPowerSource": False,
        "batteryLevelUnavailable": False,
        "batteryLevel": battery_pct,
    }


# ── Vzenith plate cameras ────────────────────────────────────────────────────────────────────────────────────────────


def vzenith_topic(serial: str, name: str) -> str:
    return f"device/{serial}/message/up/{name}"


def vzenith_message(random: Random, serial: str, name: str, at_ms: int, payload: Json) -> Json:
    """The frame that every uplink of the camera has."""
    return {
        "id": "".join(random.choices(_ALPHABET, k=16)),
        "bv": 12378,
        "sn": serial,
        "name": name,
        "version": "1.0",
        "timestamp": at_ms // 1000,
        "payload": payload,
    }


def vzenith_keep_alive(random: Random, serial: str, at_ms: int) -> Json:
    return vzenith_message(random, serial, "keep_alive", at_ms, {"body": {"timestamp": at_ms // 1000}})


def vzenith_gate(random: Random, serial: str, at_ms: int, gate_status: int) -> Json:
    """State of the barrier that the camera drives: `GATE_CLOSED` or `GATE_OPEN`."""
    body = {"gate_ctrl_id": 1, "gate_status": gate_status, "connect_status": 1, "enable": 1}
    return vzenith_message(random, serial, "barr_gate_status", at_ms, {"body": body})


def vzenith_plate(random: Random, serial: str, at_ms: int, *, plate: str, direction: int, camera: str) -> Json:
    """A recognised plate, in base64 of its UTF-8."""
    info: Json = {
        "channel": 0,
        "deviceName": base64.b64encode(camera.encode("utf-8")).decode("ascii"),
        "ipaddr": f"192.168.6.{10 + int(serial[-2:], 16) % 200}",
        "result": {"PlateResult": _plate_result(random, at_ms, plate, direction)},
        "serialno": serial,
        "user_data": "",
    }
    return vzenith_message(random, serial, "ivs_result", at_ms, {"AlarmInfoPlate": info})


def _plate_result(random: Random, at_ms: int, plate: str, direction: int) -> Json:
    """One long literal: the vendor's names in the vendor's order; pictures stay empty, as when a camera sends none."""
    electric = len(plate) == 8
    left, top = random.randrange(300, 700), random.randrange(300, 500)
    return {
        "bright": 0,
        "carBright": 0,
        "carColor": random.randrange(10),
        "car_brand": {"brand": 255, "type": 255, "year": 65535},
        "clean_time": 0,
        "colorType": GREEN_PLATE if electric else BLUE_PLATE,
        "colorValue": 0,
        "confidence": random.randrange(90, 101),
        "direction": direction,
        "feature_code": True,
        "full_image_content": "",
        "gioouts": [],
        "imagePath": "",
        "is_encrypted": 0,
        "is_fake_plate": 0,
        "isoffline": 0,
        "license": base64.b64encode(plate.encode("utf-8")).decode("ascii"),
        "license_ext_type": 0,
        "location": {"RECT": {"left": left, "top": top, "right": left + 160, "bottom": top + 52}},
        "plate_distance": 0,
        "plate_true_width": 0,
        "plateid": random.randrange(1, 1_000_000),
        "small_image_content": "",
        "timeStamp": {"Timeval": _timeval(at_ms)},
        "timeUsed": random.randrange(80_000, 4_000_000),
        "triggerType": VIRTUAL_LOOP,
        "type": 19 if electric else 1,
    }


def _timeval(at_ms: int) -> Json:
    """The camera's clock: broken down in local time, and as seconds since 1970."""
    local = _EPOCH + timedelta(milliseconds=at_ms) + _SHANGHAI
    return {
        "decday": local.day,
        "dechour": local.hour,
        "decmin": local.minute,
        "decmon": local.month,
        "decsec": local.second,
        "decyear": local.year,
        "sec": at_ms // 1000,
        "usec": at_ms % 1000 * 1000,
    }
