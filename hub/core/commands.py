"""Commands: what people and screens ask of a community. Written as rows by the web, stepped in order by the owner. Pure."""

from __future__ import annotations

import msgspec

from hub.model import Device, Duty, Outcome, Permit, Person, Place


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Common ancestor; ``actor`` is the id of a person, ``console`` or ``system``."""

    actor: str


class Accept(Command, frozen=True, kw_only=True, tag="accept"):
    """我去 (console: 接警). Repeating it changes nothing."""

    incident: int


class Decline(Command, frozen=True, kw_only=True, tag="decline"):
    """去不了: this person is not asked again for this incident."""

    incident: int


class Arrive(Command, frozen=True, kw_only=True, tag="arrive"):
    """已到场."""

    incident: int


class Close(Command, frozen=True, kw_only=True, tag="close"):
    """处置完毕, with an outcome and in the closer's words a cause."""

    incident: int
    outcome: Outcome
    cause: str = ""


class StartSilence(Command, frozen=True, kw_only=True, tag="start_silence"):
    """Pause what is not critical; empty selectors match everything."""

    until_ms: int
    reason: str
    place: str = ""
    kind: str = ""
    rule: str = ""
    device: str = ""


class EndSilence(Command, frozen=True, kw_only=True, tag="end_silence"):
    silence: int


class TellTest(Command, frozen=True, kw_only=True, tag="tell_test"):
    """Send 【测试】 to one person, over one contact when named."""

    person: str
    contact: str = ""


class PutPlace(Command, frozen=True, kw_only=True, tag="put_place"):
    place: Place


class PutDevice(Command, frozen=True, kw_only=True, tag="put_device"):
    device: Device


class PutPerson(Command, frozen=True, kw_only=True, tag="put_person"):
    person: Person


class PutDuty(Command, frozen=True, kw_only=True, tag="put_duty"):
    duty: Duty


class PutPermit(Command, frozen=True, kw_only=True, tag="put_permit"):
    permit: Permit


class Remove(Command, frozen=True, kw_only=True, tag="remove"):
    """Take one entry out of the registry; ``what`` is place, device, person, duty or permit."""

    what: str
    id: str


class ReplayQuarantined(Command, frozen=True, kw_only=True, tag="replay_quarantined"):
    """Decode a quarantined message again; the owner turns it into a `Received` input."""

    seq: int


AnyCommand = (
    Accept
    | Decline
    | Arrive
    | Close
    | StartSilence
    | EndSilence
    | TellTest
    | PutPlace
    | PutDevice
    | PutPerson
    | PutDuty
    | PutPermit
    | Remove
    | ReplayQuarantined
)
