"""The core's slice of config.yaml, with the calendar of today's years. Edge."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hub.calendar import restdays_around
from hub.config import Config, ParkingConfig
from hub.core.policies import ParkingSettings, Settings, compile_settings
from hub.core.rules import compile_rules, milliseconds


def settings_of(config: Config, community: str, now_ms: int) -> Settings:
    """What one community's core is told, in a hub that runs and wherever its registry is proved."""
    about = config.communities[community]
    zone = ZoneInfo(config.installation.timezone)
    return compile_settings(
        community=community,
        community_name=about.name,
        community_address=about.address,
        rules=compile_rules(config.rules),
        policies=config.policies,
        roles=config.roles,
        safety_sources=frozenset(name for name, source in config.sources.items() if source.lane == "safety"),
        receipt_within_ms=milliseconds(config.delivery.receipt_within),
        zone=zone,
        restdays=restdays_around(config.installation.holidays, now_ms, zone),
        actions=config.actions,
        test_every=config.delivery.test_every,
        parking=_parking(config.parking),
    )


def _parking(said: ParkingConfig) -> ParkingSettings:
    return ParkingSettings(
        debounce_ms=milliseconds(said.debounce),
        one_car_ms=milliseconds(said.one_car_within),
        dead_ms=milliseconds(said.dead_after),
        squat_ms=milliseconds(said.squat_after),
        lane_ms=milliseconds(said.lane_after),
        overstay_ms=None if said.overstay_after is None else milliseconds(said.overstay_after),
        drift_ms=milliseconds(said.drift_after),
        drift_cars=said.drift_cars,
    )
