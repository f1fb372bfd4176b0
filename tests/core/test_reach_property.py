"""The prover against the real core: random communities, random minutes, both ways."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.reach import prove
from hub.core.reach_steps import Steps
from tests.core import reach_worlds as rw
from tests.core.timeline import START


def fault_of(world: rw.World) -> bool:
    """Does the prover say that an alarm that rises there and then reaches enough people?"""
    compiled = rw.settings_of(world)
    steps = Steps(rw.registry(world), compiled, START, START + (rw.DAYS + 1) * rw.DAY_MS)
    place = world.state.places[world.building]
    policy = compiled.policy(place.policies.get("critical", "critical"))
    return steps.faults(policy, world.building).at(world.at_ms).enough


@settings(max_examples=200, deadline=None)
@given(rw.worlds())
def test_the_prover_and_the_core_agree_on_every_minute(world: rw.World) -> None:
    compiled = rw.settings_of(world)
    really = all(rw.covered(rw.run(world, compiled, calls)) for calls in rw.nights(world))
    assert fault_of(world) is really


@settings(max_examples=100, deadline=None)
@given(rw.worlds(), st.sampled_from(("hangs", "refuses", "refuses for good", "lies")))
def test_where_it_is_proved_any_one_provider_may_fail(world: rw.World, how: str) -> None:
    compiled = rw.settings_of(world)
    if not fault_of(world):
        return
    for calls in rw.nights(world):
        for failing in sorted({one.provider for one in rw.run(world, compiled, calls)}):
            told = rw.run(world, compiled, calls, failing, how)
            assert any(one.counts for one in told), failing


@settings(max_examples=60, deadline=None)
@given(rw.worlds())
def test_it_is_proved_when_no_moment_has_a_gap(world: rw.World) -> None:
    compiled = rw.settings_of(world)
    proof = prove(rw.registry(world), compiled, START, rw.DAYS)
    at_gap = any(gap.from_ms <= world.at_ms < gap.until_ms and world.building in gap.places for gap in proof.gaps)
    if world.at_ms < START + rw.DAYS * rw.DAY_MS and not proof.more:
        folded = any(gap.times > 1 for gap in proof.gaps)
        assert fault_of(world) is not at_gap or folded
    assert proof.proved is not bool(proof.gaps)
