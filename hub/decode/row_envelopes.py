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
    "vzenith_socket": "vzenith",
    "dahua_event": "dahua",
    "platerecognizer_webhook": "platerecognizer",
    "gb26875_3_frame": "gb26875",
    "gb26875_3_appdata": "gb26875",
    "vendor_register_text": "gb26875",
    "ctwing_dataReport": "ctwing",
    "ctwing_dataReport_binary": "ctwing",
    "ctwing_dataReport_base64json": "ctwing",
    "oceanconnect_deviceDataChanged": "oceanconnect",
    "onenet_nb_push_gb26875": "onenet",
    "onenet_nb_push_hex_tlv": "onenet",
    "huawei_iotda_property": "iotda",
    "huawei_iotda_event": "iotda",
    "das_batch": "aliyun",
    "jftech_ai_alarm": "jftech",
    "megvii_push": "megvii",
    "huawei_vias": "vias",
}
"""Name in a row -> our envelope; a name that is missing here is recognised by content."""

RAW_FRMPAYLOAD = "raw_frmpayload"
"""Bare bytes of a LoRaWAN uplink: no envelope at all."""
