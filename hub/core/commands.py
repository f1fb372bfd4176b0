"""Commands: what people and screens ask of a community. Written as rows by the web, stepped in order by the owner. Pure."""

from __future__ import annotations

import msgspec

from hub.model import (
    CalendarDay,
    Device,
    Direction,
    Duty,
    GateLane,
    Outcome,
    Override,
    ParkingPlan,
    Permit,
    Person,
    Place,
    PlanTurn,
    Space,
    Verdict,
)


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Common ancestor; ``actor`` is the id of a person, ``console`` or ``system``."""

    actor: str


class Answering(Command, frozen=True, kw_only=True):
    """Common to what a person says about an incident."""

    incident: int
    person: str = ""
    """Whose answer it is when the actor types it in for them (电话代录); "" is the actor's own."""
    via: str = ""
    """How it came: link, inbox, console, call, key, wecom, dingtalk, feishu, push."""

    @property
    def who(self) -> str:
        return self.person or self.actor


class Accept(Answering, frozen=True, kw_only=True, tag="accept"):
    """我去 (console: 接警). Repeating it changes nothing."""


class Decline(Answering, frozen=True, kw_only=True, tag="decline"):
    """去不了: this person is not asked again for this incident. From somebody who had accepted: they take it back."""


class Arrive(Answering, frozen=True, kw_only=True, tag="arrive"):
    """已到场."""


class SayFalse(Answering, frozen=True, kw_only=True, tag="say_false"):
    """误报 on a call: noted for whoever goes, and shown; it stops nothing, because nobody has looked."""


class AskHelp(Answering, frozen=True, kw_only=True, tag="ask_help"):
    """需要支援: everybody of every step is told at once, whoever accepted."""

    text: str = ""


class HandOver(Answering, frozen=True, kw_only=True, tag="hand_over"):
    """交给另一人: ``to`` is asked; who handed over stays responsible until they accept."""

    to: str


class Comment(Answering, frozen=True, kw_only=True, tag="comment"):
    """A remark, a photo, or both."""

    text: str = ""
    photo: int = 0
    """Id of a row of ``photo``."""


class Close(Answering, frozen=True, kw_only=True, tag="close"):
    """处置完毕, with an outcome and in the closer's words a cause."""

    outcome: Outcome
    cause: str = ""


class Opened(Command, frozen=True, kw_only=True, tag="opened"):
    """The person opened the message: its link, or their inbox."""

    incident: int


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


class StartWorks(Command, frozen=True, kw_only=True, tag="start_works"):
    """入户作业 in one home, at most `MAX_WORKS_MS` long, with a named person on site."""

    place: str
    until_ms: int
    person: str
    reason: str


class EndWorks(Command, frozen=True, kw_only=True, tag="end_works"):
    works: int


class ConfirmTest(Command, frozen=True, kw_only=True, tag="confirm_test"):
    """The actor has read the 【测试】 that came over this contact: it is proven end to end."""

    contact: str


class StartDrill(Command, frozen=True, kw_only=True, tag="start_drill"):
    """Raise a marked alarm of ``rule`` at ``place`` on the real path. ``acts``: sirens and barriers too."""

    place: str
    rule: str
    acts: bool = False


class Observe(Command, frozen=True, kw_only=True, tag="observe"):
    """The hub found something out about itself: a gap in the rota, a dead twin. Raises or clears a built-in rule."""

    rule: str
    """One of `hub.core.rules.BUILT_IN`."""
    subject: str
    met: bool
    detail: str = ""


class LaneObserved(Command, frozen=True, kw_only=True, tag="lane_observed"):
    """The hub found something out about a gate's lane that no device says: its list of permits is out of date."""

    lane: str
    fact: str
    """One of `hub.model.DERIVED`."""
    met: bool


class ImHome(Command, frozen=True, kw_only=True, tag="im_home"):
    """The actor is at home until then and may be asked; ``until_ms`` 0 takes it back."""

    until_ms: int


class Refuse(Command, frozen=True, kw_only=True, tag="refuse"):
    """The actor does not want to be told any more, or (``agreed``) does again."""

    agreed: bool = False


class PutOverride(Command, frozen=True, kw_only=True, tag="put_override"):
    override: Override


class PutCalendarDay(Command, frozen=True, kw_only=True, tag="put_calendar_day"):
    day: CalendarDay


class ErasePerson(Command, frozen=True, kw_only=True, tag="erase_person"):
    """Forget a person: out of the registry and the rota, their key destroyed, their name out of the rows."""

    person: str


class EraseHousehold(Command, frozen=True, kw_only=True, tag="erase_household"):
    """Forget the cars of a home: its permits go, its plates become hashes wherever they are kept."""

    place: str


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


class PutSpace(Command, frozen=True, kw_only=True, tag="put_space"):
    space: Space


class PutGateLane(Command, frozen=True, kw_only=True, tag="put_gate_lane"):
    lane: GateLane


class PutPlan(Command, frozen=True, kw_only=True, tag="put_plan"):
    plan: ParkingPlan


class PutTurn(Command, frozen=True, kw_only=True, tag="put_turn"):
    """Give a household a turn in a temporary plan; a turn that was given is never changed."""

    turn: PlanTurn


class CountSpaces(Command, frozen=True, kw_only=True, tag="count_spaces"):
    """A census of a zone, or of some of its spaces: what stands in each now."""

    zone: str
    spaces: dict[str, Verdict]
    walk: str = ""
    """Made up by the phone for this walk: what is sent again after a lost answer is known by it, and counts once."""
    photos: dict[str, int] = {}
    """space -> id of a row of ``photo``."""


class CorrectLedger(Command, frozen=True, kw_only=True, tag="correct_ledger"):
    """Add an entry by hand: this car came in, or went out, and the gates missed it."""

    direction: Direction
    plate: str = ""
    zone: str = ""
    at_ms: int = 0
    """0 is now."""
    note: str


class SayVerdict(Command, frozen=True, kw_only=True, tag="say_verdict"):
    """What stands in a space: somebody looked, took a photo, or a camera saw it."""

    space: str
    verdict: Verdict
    photo: int = 0
    """Id of a row of ``photo``."""


class StartWatch(Command, frozen=True, kw_only=True, tag="start_watch"):
    """Watch a zone after a clean-up; it ends by itself."""

    zone: str
    until_ms: int
    reason: str = ""


class EndWatch(Command, frozen=True, kw_only=True, tag="end_watch"):
    watch: int


class Remove(Command, frozen=True, kw_only=True, tag="remove"):
    """Take one entry out of the registry; ``what`` is place, device, person, duty, permit, override, calendar_day, space,
    gate_lane or plan."""

    what: str
    id: str


class ReplayQuarantined(Command, frozen=True, kw_only=True, tag="replay_quarantined"):
    """Decode a quarantined message again; the owner turns it into a `Received` input."""

    seq: int


AnyCommand = (
    Accept
    | Decline
    | Arrive
    | SayFalse
    | AskHelp
    | HandOver
    | Comment
    | Close
    | Opened
    | StartSilence
    | EndSilence
    | StartWorks
    | EndWorks
    | TellTest
    | ConfirmTest
    | StartDrill
    | Observe
    | LaneObserved
    | ImHome
    | Refuse
    | PutOverride
    | PutCalendarDay
    | ErasePerson
    | EraseHousehold
    | PutPlace
    | PutDevice
    | PutPerson
    | PutDuty
    | PutPermit
    | PutSpace
    | PutGateLane
    | PutPlan
    | PutTurn
    | CountSpaces
    | CorrectLedger
    | SayVerdict
    | StartWatch
    | EndWatch
    | Remove
    | ReplayQuarantined
)
