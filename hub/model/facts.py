"""The vocabulary: every fact that a codec may give, with its type and unit."""

from __future__ import annotations

Fact = bool | int | float | str
"""A fact's value. Unknown is never false: a fact that the payload does not state is absent."""

FACTS: dict[str, tuple[str, str]] = {
    # name: (type, unit); types: bool, number, text
    "alarm": ("bool", ""),
    "test": ("bool", ""),
    "muted": ("bool", ""),
    "tamper": ("bool", ""),
    "fault": ("bool", ""),
    "installed": ("bool", ""),
    "obstructed": ("bool", ""),
    "battery_low": ("bool", ""),
    "mains_power": ("bool", ""),
    "interconnect_alarm": ("bool", ""),
    "high_temp_alarm": ("bool", ""),
    "no_activity_alarm": ("bool", ""),
    "occupied": ("bool", ""),
    "open": ("bool", ""),
    "motion": ("bool", ""),
    "on": ("bool", ""),
    "tilted": ("bool", ""),
    "acknowledged": ("bool", ""),
    "has_historical_records": ("bool", ""),
    "offline_record": ("bool", ""),
    "encrypted": ("bool", ""),
    "ended": ("bool", ""),
    "battery_pct": ("number", "%"),
    "battery_v": ("number", "V"),
    "temperature": ("number", "°C"),
    "temperature_raw": ("number", ""),
    "humidity": ("number", "%"),
    "pressure_kpa": ("number", "kPa"),
    "distance_mm": ("number", "mm"),
    "level_cm": ("number", "cm"),
    "level": ("number", ""),
    "leak_level_pct": ("number", "%"),
    "concentration": ("number", ""),
    "gas": ("number", ""),
    "nh3": ("number", "ppm"),
    "h2s": ("number", "ppm"),
    "illuminance": ("number", "lx"),
    "count": ("number", ""),
    "open_count": ("number", ""),
    "rssi": ("number", "dBm"),
    "rsrp": ("number", "dBm"),
    "snr": ("number", "dB"),
    "signal": ("number", ""),
    "margin": ("number", "dB"),
    "lat": ("number", "°"),
    "lng": ("number", "°"),
    "confidence": ("number", "%"),
    "lane": ("number", ""),
    "input": ("number", ""),
    "channel": ("number", ""),
    "score": ("number", ""),
    "value": ("number", ""),
    "threshold": ("number", ""),
    "low_threshold": ("number", ""),
    "system_type": ("number", ""),
    "system_addr": ("number", ""),
    "part_type": ("number", ""),
    "part_addr": ("text", ""),
    "part_status": ("number", ""),
    "analog_type": ("number", ""),
    "analog_value": ("number", ""),
    "source_addr": ("text", ""),
    "target_addr": ("text", ""),
    "description": ("text", ""),
    "plate": ("text", ""),
    "plate_color": ("text", ""),
    "direction": ("text", ""),
    "trigger": ("text", ""),
    "vehicle": ("text", ""),
    "vehicle_color": ("text", ""),
    "known_name": ("text", ""),
    "press": ("text", ""),
    "valve": ("text", ""),
    "code": ("text", ""),
    "label": ("text", ""),
    "camera": ("text", ""),
    "name": ("text", ""),
    "state": ("text", ""),
    "imei": ("text", ""),
    "platform_device_id": ("text", ""),
    "vendor_mac": ("text", ""),
    "raw_hex": ("text", ""),
    "gateway": ("text", ""),
}
"""Every fact a codec may give, with its type and unit. A codec that gives another name fails the catalogue's tests."""

DERIVED: frozenset[str] = frozenset(
    {
        "denied",  # the plate is on the deny list
        "tailgating",  # a second car on one opening
        "entered_twice",  # it entered again without having left
        "squat",  # what stands in the space is probably no car
        "fire_lane",  # something stands in a fire lane
        "no_parking",  # something stands where nothing may
        "overstay",  # it has stood there for too long
        "unentitled",  # a car that may not stand in this space
        "stuck_open",
        "stuck_closed",
        "forced",  # open, and nobody opened it
        "blind",  # the camera reads far fewer plates than cars pass
        "clock_wrong",
        "list_stale",  # the gate has not taken the newest list of permits
        "drifted",  # what the gates count and what the spaces show drift apart
    }
)
"""Yes-or-no facts that the core finds out about gates and spaces; rules may use them, no codec gives them."""
