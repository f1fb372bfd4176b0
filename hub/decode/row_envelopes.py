"""Which of our envelopes reads the rows of public payload collections that carry no topic. Data for `hub.decode.jsonl`."""

from __future__ import annotations

ROW_ENVELOPES: dict[str, str] = {
    "chirpstack_v4_up": "chirpstack",
    "chirpstack_v4_up_object": "chirpstack",
    "milesight_gateway_up": "chirpstack_v3",
    "chirpstack_v3_up": "chirpstack_v3",
    "ttn_v3_up": "ttn",
    "loriot_rx": "loriot",
    "loriot_gw": "loriot",
}
"""Name in a row -> our envelope; a name that is missing here is recognised by content."""

RAW_FRMPAYLOAD = "raw_frmpayload"
"""Bare bytes of a LoRaWAN uplink: no envelope at all."""
