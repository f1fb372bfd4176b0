"""Loading device files: the user's beside ours, and mistakes told with file, line, what, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.catalogue import SHIPPED, load_catalogue
from hub.decode.port import Uplink
from hub.errors import ConfigError
from hub.model import Kind

GOOD = """
from hub.decode.port import Example, Facts, Model
from hub.model import Event, Kind


def decode(uplink):
    return [Facts(Event.ALARM, {"alarm": True})]


MODEL = Model(
    name="NAME",
    kind=Kind.SMOKE,
    title="Mine",
    profiles=("mine",),
    decode=decode,
    examples=(Example(hex="01", meaning={"alarm": True}),),
)
"""


def test_a_users_file_stands_beside_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GOOD.replace("NAME", "acme/mine"))
    (tmp_path / "_shared.py").write_text("raise RuntimeError")
    catalogue = load_catalogue((SHIPPED, tmp_path))
    mine = catalogue.by_profile("Our MINE profile")
    assert mine is not None
    assert mine.name == "acme/mine"
    assert catalogue.by_name("netvox/ra02a") is not None


def test_a_users_file_may_mend_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GOOD.replace("NAME", "netvox/ra02a"))
    model = load_catalogue((SHIPPED, tmp_path)).by_name("netvox/ra02a")
    assert model is not None
    assert model.title == "Mine"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("x = 1\ny = (\n", "bad.py:2", "does not import"),
        ("x = 1\n\nimport no_such_module_here\n", "bad.py:3", "does not import"),
        ("x = 1\n", "bad.py:1", "exports no MODEL"),
        ("MODEL = 5\n", "bad.py:1", "exports no MODEL"),
        (
            GOOD.replace("NAME", "a/b").replace('(Example(hex="01", meaning={"alarm": True}),)', "()"),
            "bad.py:1",
            "no examples",
        ),
    ],
)
def test_a_bad_file_stops_the_hub_and_says_where(tmp_path: Path, text: str, where: str, what: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_catalogue((tmp_path,))
    assert where in caught.value.where
    assert what in caught.value.what
    assert caught.value.todo


def test_two_files_may_not_share_a_name(tmp_path: Path) -> None:
    for file in ("a.py", "b.py"):
        (tmp_path / file).write_text(GOOD.replace("NAME", "acme/mine"))
    with pytest.raises(ConfigError, match=r"already in a\.py"):
        load_catalogue((tmp_path,))


def test_a_directory_that_is_missing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such directory"):
        load_catalogue((tmp_path / "none",))


def test_the_longest_profile_name_wins_and_nothing_matches_nothing() -> None:
    catalogue = load_catalogue()
    found = catalogue.by_profile("Netvox R718WB2 leak")
    assert found is not None
    assert found.name == "netvox/r718wb2"
    assert catalogue.by_profile("") is None
    assert catalogue.by_profile("Chirpstack default device profile") is None


def test_one_byte_that_could_be_anybodys_is_nobodys() -> None:
    catalogue = load_catalogue()
    assert catalogue.recognise(Uplink("device", b"\xaa", 1)) is None


def test_the_registered_kind_decides_between_products_and_forbids_a_wrong_guess() -> None:
    catalogue = load_catalogue()
    both = Uplink("device", bytes.fromhex("017564030001040000"), 85)
    assert catalogue.recognise(both) is None
    door, motion = catalogue.recognise(both, Kind.DOOR), catalogue.recognise(both, Kind.MOTION)
    assert door is not None
    assert motion is not None
    assert (door.name, motion.name) == ("milesight/ws301", "milesight/ws202")
    assert catalogue.recognise(Uplink("device", b"\x01", 1), Kind.SMOKE) is None


def test_the_device_file_in_the_docs_loads_and_its_examples_hold(tmp_path: Path) -> None:
    text = (SHIPPED.parent / "docs" / "devices.md").read_text(encoding="utf-8")
    (tmp_path / "acme.py").write_text(text.partition("```python\n")[2].partition("```")[0])
    (model,) = load_catalogue((tmp_path,)).models
    for example in model.examples:
        (facts,) = model.decode(Uplink("device", bytes.fromhex(example.hex), example.port))
        told = {"event": facts.event, **facts.facts}
        assert {name: told.get(name) for name in example.meaning} == example.meaning


def test_a_profile_name_names_a_product_and_no_mere_purpose() -> None:
    """A platform's profile called "parking sensor" or "smoke" must not be taken for one vendor's product."""
    catalogue = load_catalogue()
    purposes = (
        "parking lot sensor",
        "flood sensor",
        "smoke detector",
        "door sensor",
        "leak",
        "gas",
        "sos button",
        "button",
    )
    assert [text for text in purposes if catalogue.by_profile(text) is not None] == []
