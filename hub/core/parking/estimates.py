"""Spaces left with a bound, from gate balance, sensors and census. Pure.

What is left is the counted spaces less those in which anything stands, a bike no less than a car: no car can take them. Each source says
what stands there with a variance, and variances add:

* a live sensor is exact; one that shows a change which has not lasted for the debounce is right in 9 of 10 cases (variance 0.09);
* a space that nobody sees (dead, missing, flapping, or contradicted and unchanged since) stands occupied with the probability p
  of its own kind: a home's space by whether a car of that home is inside by the ledger, another by the live spaces of its use; both lean on
  what a census saw there, the less the older it is (variance p (1 - p));
* what sensors do not see (bikes) and sensors that are wrong unnoticed are numbers that censuses have shown, spread as rare things are
  (variance of the size of the number);
* the gates' balance less a slowly learned ``offset`` (cars that stand elsewhere) says how many stand in spaces, with the mean square by which
  it differed lately. The two are weighed by their variances, and the balance narrows no bound. Without a live sensor it is all there is, and
  its variance grows with every passage since the last census (2 of 100 are missed).

``bound`` is what 99 of 100 such errors stay within: 2.4 standard deviations, rounded up to whole cars less the half that rounding gives.
"""

from __future__ import annotations

import math
from collections.abc import Set
from enum import StrEnum

import msgspec

from hub.core.context import Core
from hub.core.localtime import DAY_MS, local_day, moment
from hub.core.parking.counts import Counts
from hub.core.parking.drift import doubt_stuck, look_for_drift
from hub.core.parking.hours import hour_of
from hub.core.parking.index import standing
from hub.core.parking.site import Site, site_of
from hub.core.parking.state import SpaceState, ZoneState
from hub.core.parking.timers import MINUTE_MS, next_minute
from hub.model import Estimate, Space, SpaceUse

SOON_MS = 1000
"""Least time between two estimates of one zone outside the minute."""
DEVIATIONS = 2.4
PENDING = 0.9
MISSED_OF_PASSAGES = 0.02
HOME_IN, HOME_OUT = 0.9, 0.12
"""A home's own space is occupied, when a car of the home is inside and when none is."""
FORGOTTEN_MS = 6 * 3_600_000
"""What a census saw in an unseen space counts for a third after this."""
DAY_SWING, BUSIEST = 0.9, 15 / 24
"""Hidden things by the hour: how far from their mean, and when they are most."""
LEAST_SWING, MOST_SWING = 0.3, 3.0
UNEVEN = 0.1
"""How far that hour's mean may be off: the square, as a share of its square."""
USUALLY_HIDDEN, USUALLY_MISREAD = 1 / 120, 0.4 / 120
"""Of a zone's spaces."""
LEAST = 0.4
"""Variance that is left when a census has found nothing hidden and nothing wrong."""
LASTING = 2.0
"""What the balance is off by lasts for hours, so that it says less than its mean square does."""
SQUATS_NOW_MS, SQUATS_MEAN_MS = 90 * 60_000, 5 * 86_400_000
LEARNT_MS = 24 * 3_600_000


class Seen(StrEnum):
    """What a census found of a space against its sensor."""

    UNSEEN = "unseen"
    AGREES = "agrees"
    HIDDEN = "hidden"
    """No car, and the sensor does not see it."""
    WRONG = "wrong"


class Tally(msgspec.Struct, frozen=True):
    """What the spaces of a zone say."""

    total: int
    live: int
    occupied: float
    variance: float


def start_zones(core: Core) -> None:
    """The registry has a space or a lane: the zones are looked at each minute from now on."""
    if core.now_ms > 0:
        _arm(core)


def rebase_zones(core: Core) -> None:
    """The wall clock jumped: the next minute is another."""
    if core.state.spaces or core.state.gate_lanes:
        core.zones_due_ms = next_minute(core.state.now_ms)
        core.arm(core.zones_due_ms, "parking_zone", 0, "")


def _arm(core: Core) -> None:
    due_ms = next_minute(core.now_ms)
    if core.zones_due_ms != due_ms:
        core.zones_due_ms = due_ms
        core.arm(due_ms, "parking_zone", 0, "")


def zone_due(core: Core, _zone: str, due_ms: int) -> None:
    """Once a minute, all zones: estimate anew, find drift, count the hour. An older timer does nothing."""
    if core.zones_due_ms is not None and core.zones_due_ms != due_ms:
        return
    here = _site(core)
    doubt_stuck(core, here)
    for name in here.zones:
        if not here.counted.get(name):
            continue
        state = core.state.parking.zones.setdefault(name, ZoneState())
        _note_squats(core, state, name)
        tally = _tally(core, here, state, name)
        drift = ""
        if has_gates(here, name):
            _learn(core, state, tally)
            drift = look_for_drift(core, here, state, name, tally.occupied, tally.variance)
        made = _estimate(core, here, state, name, tally, drift)
        _count_hour(core, name, made)
    _arm(core)


def estimate_soon(core: Core, zone: str) -> None:
    """Something changed in the zone: its estimate is made anew, at most once a second; what that leaves out the minute brings."""
    here = _site(core)
    zones = core.state.parking.zones
    for name in ("", zone) if zone else ("",):
        if not here.counted.get(name):
            continue
        state = zones.get(name)
        if state is None:
            state = zones[name] = ZoneState()
        known = state.estimate
        if known is None or core.now_ms - known.at_ms >= SOON_MS:
            drift = "" if known is None else known.drift
            _estimate(core, here, state, name, _tally(core, here, state, name), drift)


def estimate_now(core: Core, zone: str) -> None:
    """Make the zone's estimate anew; a zone without counted spaces has none."""
    here = _site(core)
    if here.counted.get(zone):
        state = core.state.parking.zones.setdefault(zone, ZoneState())
        known = state.estimate
        _estimate(core, here, state, zone, _tally(core, here, state, zone), "" if known is None else known.drift)


def _site(core: Core) -> Site:
    if core.site is None:
        core.site = site_of(core.state)
    return core.site


def has_gates(here: Site, zone: str) -> bool:
    """Cars are counted into and out of the zone."""
    return zone in here.gated


# ── spaces ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tally(core: Core, here: Site, zone_state: ZoneState, zone: str) -> Tally:
    """The hot path: what was counted as it changed, and each space that nobody sees."""
    now_ms, dead_ms = core.now_ms, core.settings.parking.dead_ms
    known = standing(core)
    counts = known.counts.zone(zone, core.state, here, now_ms, dead_ms)
    _, steady, filling, emptying, _ = counts.of_class
    occupied = steady + PENDING * filling + (1 - PENDING) * emptying
    variance = PENDING * (1 - PENDING) * (filling + emptying)
    total = len(here.counted[zone])
    live = total - len(counts.unseen)
    if counts.unseen:
        spaces, states = core.state.spaces, core.state.parking.spaces
        rates = {use: (counts.occupied.get(use, 0) + 1) / (n + 2) for use, n in counts.live.items() if n}
        homes = known.homes.keys() if core.state.gate_lanes else None
        for id in sorted(counts.unseen):
            p = _chance(spaces[id], states.get(id), rates, homes, now_ms)
            occupied += p
            variance += p * (1 - p)
    if live:
        hidden = min(hidden_mean(zone_state, total) * swing(core, zone_state), total - occupied)
        occupied += hidden
        variance += hidden * (1 + UNEVEN * hidden) + misread_mean(zone_state, total) + LEAST
    return Tally(total, live, occupied, variance)


def hidden_mean(state: ZoneState, total: int) -> float:
    """Things that no sensor sees, over the day: as the censuses have shown; before the first one as many as is usual."""
    return state.hidden if state.census_ms else USUALLY_HIDDEN * total


def misread_mean(state: ZoneState, total: int) -> float:
    """Sensors that are wrong unnoticed."""
    return state.misread if state.census_ms else USUALLY_MISREAD * total


def swing(core: Core, state: ZoneState) -> float:
    """What sensors do not see now, against its mean: people put things into spaces by day, and the squats that are seen show when."""
    counts = standing(core).counts
    if counts.clock[0] != core.now_ms:
        counts.clock = core.now_ms, _by_clock(core, counts)
    by_clock = counts.clock[1]
    if state.squats_mean <= 0:
        return by_clock
    return (by_clock + min(state.squats_now / state.squats_mean, MOST_SWING)) / 2


def _by_clock(core: Core, counts: Counts) -> float:
    if not counts.day[0] <= core.now_ms < counts.day[1]:
        zone = core.settings.zone
        today = local_day(zone, core.now_ms)
        counts.day = moment(zone, today, 0), moment(zone, today + 1, 0)
    return 1 + DAY_SWING * math.cos(2 * math.pi * ((core.now_ms - counts.day[0]) / DAY_MS - BUSIEST))


def _chance(
    space: Space, state: SpaceState | None, rates: dict[SpaceUse, float], homes: Set[str] | None, now_ms: int
) -> float:
    """How likely something stands in a space that no sensor sees."""
    p = rates.get(space.use, 0.5)
    if space.homes and homes is not None:
        p = HOME_IN if not homes.isdisjoint(space.homes) else HOME_OUT
    if state is not None and state.counted is not None:
        p += (state.counted - p) * math.exp(-(now_ms - state.counted_ms) / FORGOTTEN_MS)
    return p


# ── gates ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _learn(core: Core, state: ZoneState, tally: Tally) -> None:
    """The offset follows what ledger and spaces differ by, quickly while it is new, then over a day."""
    if not tally.live:
        return
    if not state.offset_ms:
        state.offset_ms = core.now_ms - MINUTE_MS
        state.offset = state.ins - state.outs - tally.occupied
    age_ms = max(core.now_ms - state.offset_ms, MINUTE_MS)
    share = MINUTE_MS / min(max(age_ms, 10 * MINUTE_MS), LEARNT_MS)
    differs = state.ins - state.outs - tally.occupied - state.offset
    state.offset += share * differs
    state.wander += share * (differs * differs - state.wander)


def _note_squats(core: Core, state: ZoneState, zone: str) -> None:
    """How many squats are on, lately and in the long run."""
    on = sum(not zone or squat.zone == zone for squat in core.state.parking.squats.values())
    if not state.squats_mean and on:
        state.squats_mean = state.squats_now = float(on)
    state.squats_now += MINUTE_MS / SQUATS_NOW_MS * (on - state.squats_now)
    state.squats_mean += MINUTE_MS / SQUATS_MEAN_MS * (on - state.squats_mean)


def _fused(here: Site, state: ZoneState, zone: str, tally: Tally) -> tuple[float, float]:
    """What stands in the spaces, and its variance."""
    if not has_gates(here, zone):
        return tally.occupied, tally.variance
    balance = state.ins - state.outs - state.offset
    if not tally.live:
        if not state.census_ms:
            return tally.occupied, (tally.total / 4) ** 2
        passed = state.ins + state.outs - state.passed
        return balance, 0.5 + MISSED_OF_PASSAGES * passed
    apart = balance - tally.occupied
    spread = max(state.wander - tally.variance, tally.variance, 1.0)
    if apart * apart > 9 * (spread + tally.variance):  # one of the two has drifted: the spaces are nearer
        return tally.occupied, tally.variance
    weight = tally.variance / (tally.variance + LASTING * spread)
    return tally.occupied + weight * apart, tally.variance


def _estimate(core: Core, here: Site, state: ZoneState, zone: str, tally: Tally, drift: str) -> Estimate:
    occupied, variance = _fused(here, state, zone, tally)
    made = Estimate(
        zone=zone,
        at_ms=core.now_ms,
        total=tally.total,
        left=min(max(round(tally.total - occupied), 0), tally.total),
        bound=min(max(math.ceil(DEVIATIONS * math.sqrt(variance) - 0.5), 0), tally.total),
        present=max(state.ins - state.outs, 0),
        unknown=tally.total - tally.live,
        drift=drift,
    )
    if state.estimate is None or not _says_the_same(state.estimate, made):
        core.changes.parking.estimates[zone] = made
    state.estimate = made
    return made


def _says_the_same(a: Estimate, b: Estimate) -> bool:
    return (
        a.left == b.left
        and a.present == b.present
        and a.bound == b.bound
        and a.unknown == b.unknown
        and a.total == b.total
        and a.drift == b.drift
    )


def _count_hour(core: Core, zone: str, made: Estimate) -> None:
    hour = hour_of(core, zone, core.now_ms)
    hour.occupied_ms += (made.total - made.left) * MINUTE_MS
    if not made.left:
        hour.full_ms += MINUTE_MS
