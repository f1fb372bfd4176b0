"""What the hub finds out about a gate's lane becomes a condition of the lane's first device."""

from __future__ import annotations

from hub.core.commands import LaneObserved, PutDevice, PutGateLane, PutPlace
from hub.model import Device, GateLane, Kind, Place, PlaceKind, Severity
from tests.core.timeline import RULES, Timeline, names, refusal, rule

STALE = rule(Kind.LPR, Severity.MINOR, when="list_stale", group_by="place")


def site() -> Timeline:
    t = Timeline({**RULES, "gate_list_stale": STALE})
    t.command(0, PutPlace(actor="engineer", place=Place(id="gate-east", kind=PlaceKind.GATE, name="东门")))
    t.command(0, PutDevice(actor="engineer", device=Device(id="cam-1", kind=Kind.LPR, place="gate-east")))
    lane = GateLane(id="east-in", gate="gate-east", devices=("cam-1",))
    t.command(0, PutGateLane(actor="engineer", lane=lane))
    return t


def observed(*, met: bool, actor: str = "system", lane: str = "east-in", fact: str = "list_stale") -> LaneObserved:
    return LaneObserved(actor=actor, lane=lane, fact=fact, met=met)


def test_a_stale_list_raises_once_and_clears() -> None:
    t = site()
    assert "AlertRaised" not in names(t.command(1, observed(met=False)))
    assert "AlertRaised" in names(t.command(2, observed(met=True)))
    assert "AlertRaised" not in names(t.command(3, observed(met=True)))
    (alert,) = t.core.state.alerts.values()
    assert alert.rule == "gate_list_stale"
    t.command(4, observed(met=False))
    assert t.core.state.devices["cam-1"].met == {}


def test_only_the_hub_says_so_of_a_lane_that_exists_and_in_known_words() -> None:
    t = site()
    assert "only the hub" in refusal(t.command(1, observed(met=True, actor="engineer")))
    assert "no lane" in refusal(t.command(2, observed(met=True, lane="north")))
    assert "derived" in refusal(t.command(3, observed(met=True, fact="alarm")))
