"""The Yobiiq relay at a barrier: both layouts of its firmware, and what the maker's other products share with it."""

from __future__ import annotations

import pytest

from hub.catalogue import load_catalogue
from hub.decode.decoder import Decoder
from hub.decode.port import Uplink
from hub.errors import DecodeError
from hub.model import Fact, RawMessage

CATALOGUE = load_catalogue()
(RELAY,) = (model for model in CATALOGUE.models if model.name == "yobiiq/rm200")


@pytest.mark.parametrize(
    ("port", "sent", "facts"),
    [
        (11, "aa0101aa9700000005aa0202aa9a00000004", {"on": True}),
        (11, "aa0102aa0203", {"on": False}),
        (11, "aa1a01aa1c00000008", {"on": True}),
        (11, "aafe675bed04aa1a00", {"on": False, "has_historical_records": True}),
        (5, "011a00011c00000008012a01", {"on": False}),
        (50, "ff67524d323030ff6b00", {"mains_power": False}),
        (100, "ff1d02ff2d02", {}),
    ],
)
def test_on_is_the_first_output_in_both_layouts(port: int, sent: str, facts: dict[str, Fact]) -> None:
    (told,) = RELAY.decode(Uplink("r", bytes.fromhex(sent), port))
    assert told.facts == facts


@pytest.mark.parametrize(("port", "sent"), [(1, "01011a01"), (11, "aa1a"), (50, "ff6b01ff"), (11, "aa0101ff")])
def test_a_torn_message_is_no_reading(port: int, sent: str) -> None:
    with pytest.raises(DecodeError):
        RELAY.decode(Uplink("r", bytes.fromhex(sent), port))


def test_what_another_product_of_the_maker_says_of_itself_is_not_taken_for_a_relay() -> None:
    """Their smoke detector's newer firmware sends the same types on port 50."""
    assert RELAY.recognises is not None
    assert RELAY.recognises(Uplink("r", bytes.fromhex("ff67524d323030ff6b01"), 50))
    assert not RELAY.recognises(Uplink("r", bytes.fromhex("ff67534431303031ff6b01"), 50))
    assert not RELAY.recognises(Uplink("r", bytes.fromhex("011a00011c00000008"), 1))


def test_a_wrong_way_with_a_real_plate_tells_it_and_a_hidden_one_does_not() -> None:
    """Huawei VIAS writes XXXXXX where it gives no plate."""
    for written, plate in (("沪A12345", "沪A12345"), ("XXXXXX", None)):
        body = f'{{"event_type":75009,"stream_id":"s","timestamp":1535546604,"data":{{"vehicles":[{{"license_plate_id":"{written}"}}]}}}}'
        ((reading,), _) = Decoder(CATALOGUE)(RawMessage("vias", "ingest/vias", body.encode(), 0))
        assert reading.facts.get("plate") == plate
