"""config.yaml as frozen models: what the engineer decides. People, places and devices live in the store, never here.

Every field is described, a stray key is an error, secrets come as ``${NAME}`` or from a ``*_file``. Loading, and telling
every mistake with its line, is `hub.config_file`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from hub.model import Days, Kind, Sees, Severity, Window

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def read_duration(value: object) -> timedelta:
    """``10s``, ``5m``, ``24h``, ``1d``, ``1h30m`` as a timedelta; a bare number is refused, it has no unit."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        with suppress(OverflowError):
            return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    raise PydanticCustomError("duration", "{value} is no duration such as 10s, 5m, 24h or 1d", {"value": value})


Duration = Annotated[timedelta, BeforeValidator(read_duration)]


_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")


def read_hours(value: object) -> Window:
    """``08:30-17:30`` as minutes of the day; an end before the start is on the next day."""
    if isinstance(value, Window):
        return value
    match = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("hours", "{value} is no stretch of the day such as 08:30-17:30", {"value": value})
    begin, begin_minute, end, end_minute = (int(part) for part in match.groups())
    return Window(from_minute=(begin * 60 + begin_minute) % 1440, to_minute=(end * 60 + end_minute) % 1440)


Hours = Annotated[Window, BeforeValidator(read_hours)]


class Section(BaseModel):
    """What every section shares: frozen, extra keys forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Text(Section):
    """One wording in both languages."""

    zh: str = Field(description="中文")
    en: str = Field(description="English")


class InstallationConfig(Section):
    """Who and where this hub is."""

    name: str = Field("社区告警中枢", description="Name of this installation, shown on screens")
    data_dir: Path = Field(Path("data"), description="Everything an embedded hub keeps, in one directory")
    timezone: str = Field("Asia/Shanghai", description="IANA time zone of rotas and screens")
    public_url: str = Field("", description="Address at which phones reach the hub; empty: no message carries a link")
    holidays: str = Field("CN", description="Country whose holidays and make-up workdays the rota knows; empty: none")


class TlsConfig(Section):
    """TLS towards a broker."""

    ca_file: Path | None = Field(None, description="CA that signed the broker's certificate; empty: the system's")
    cert_file: Path | None = Field(None, description="Our client certificate")
    key_file: Path | None = Field(None, description="Key of our client certificate")


class BrokerConfig(Section):
    """The MQTT broker."""

    address: str = Field(
        "auto",
        description="auto (a mosquitto of this machine as our child, else amqtt), or host[:port], or mqtts://host[:port]",
    )
    username: str = Field("", description="User name")
    password: SecretStr = Field(SecretStr(""), description="Password, as ${NAME}")
    password_file: Path | None = Field(None, description="File that holds the password, instead of password")
    tls: TlsConfig | None = Field(None, description="Set for TLS with a CA or client certificate of your own")
    client: Literal["auto", "mqtt5", "aiomqtt"] = Field(
        "auto", description="auto takes mqtt5 where the broker speaks MQTT 5"
    )
    listen: str = Field("127.0.0.1:1883", description="Where the child broker of auto listens; port 0 picks a free one")


class MappingConfig(Section):
    """How to read generic JSON: which path is which fact."""

    device: str = Field(description="Path of the device's address, for example body.dev.id, or topic[2]")
    kind: Kind = Field(description="Kind of every device of this source")
    time: str = Field("", description="Path of the time: seconds, milliseconds or ISO 8601")
    event: str = Field("", description="Path of the event; values are mapped by events")
    events: dict[str, str] = Field(default_factory=dict, description="Vendor's event -> event of the vocabulary")
    facts: dict[str, str] = Field(
        default_factory=dict, description="Fact -> path, optionally 'path == value' for booleans"
    )
    words: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Text fact -> their word -> ours, for example direction: {'1': in, '2': out}"
    )


class SourceConfig(Section):
    """Where messages come from: topics of a broker, or an HTTP push."""

    topics: list[str] = Field(
        default_factory=list, description="MQTT topic filters; empty for a source that pushes HTTP"
    )
    envelope: str = Field(
        "auto", description="auto recognises by topic and content; or one of hub.decode.envelopes; or json"
    )
    lane: Literal["safety", "bulk"] = Field(
        "bulk",
        description="safety: these topics carry life-safety devices and get a session of their own, served first",
    )
    mapping: MappingConfig | None = Field(None, description="For envelope: json")
    token: SecretStr = Field(
        SecretStr(""), description="For HTTP pushes: what the platform must send (header or ?token=)"
    )
    community: str = Field("", description="Community that it belongs to; empty: the only one")


class RuleConfig(Section):
    """One rule: readings -> condition -> alert."""

    on: list[Kind] = Field(description="Kinds of device it watches")
    when: str = Field("", description="CEL over the reading's facts; true: the condition is met")
    clear: str = Field("", description="CEL; true: the condition is over. Empty: when `when` is false")
    hold: Duration = Field(timedelta(0), alias="for", description="How long the condition must hold")
    silent_after: Duration | None = Field(None, description="Instead of when: nothing heard for this long")
    severity: Severity = Field(description="critical, major, minor or info")
    latch: bool = Field(False, description="Only a person closes it, with an outcome")
    cause: str = Field("", description="Alerts of one cause and one building are one incident; empty: the rule's name")
    group_by: Literal["building", "place"] = Field("building", description="What one incident spans")
    test: bool = Field(False, description="Told as 【测试】 only to the roles of the policy, never as a fire")
    policy: str = Field("", description="Policy; empty: the default of its severity")
    inhibited_by: list[str] = Field(
        default_factory=list,
        description="Causes that explain it while they stand at its gateway or a place above it; never of critical",
    )
    title: Text = Field(description="What happened, in a few words: 烟感报警")
    todo: Text = Field(description="What to do, one short sentence or numbered steps")


class StepConfig(Section):
    """One step of a policy."""

    after: Duration = Field(timedelta(0), description="Since the incident opened")
    roles: list[str] = Field(
        default_factory=list, description="Who is told; an empty role is skipped at once, with a reason"
    )
    people: list[str] = Field(default_factory=list, description="People by id, beside the roles")
    act: list[str] = Field(default_factory=list, description="Actions to carry out: a siren, lights, a barrier")
    until: Literal["accepted", "on_site", "closed"] = Field("accepted", description="What makes this step unnecessary")
    quorum: dict[str, int] = Field(
        default_factory=dict, description="Role -> how many of it must have answered too before it is unnecessary"
    )
    channels: list[str] = Field(default_factory=list, description="Only over these schemes; empty: the whole ladder")
    repeat_every: Duration | None = Field(None, description="Repeat this step until the next, or until it is answered")
    awake: bool = Field(False, description="Only people whom it would not wake")
    days: Days = Field(Days.EVERY, description="every, workdays or restdays, by the calendar")


class PolicyConfig(Section):
    """Who is told, in which order, until somebody has answered."""

    steps: list[StepConfig] = Field(description="Steps in the order of after")
    needed: int = Field(1, ge=1, description="How many people should go")
    repeat_every: Duration | None = Field(None, description="When all steps are taken and nobody accepted: start again")
    repage_after: Duration | None = Field(None, description="Accepted and nothing since: page the others")
    tell_end: bool = Field(True, description="The end is told to everybody who was told")
    hours: Hours | None = Field(None, description="Told only in these hours of workdays; for minor and info")
    digest_every: Duration | None = Field(None, description="Gather for so long into one message; for minor and info")


class ActionConfig(Section):
    """Something the hub does: publish an MQTT command or call a webhook. Idempotent: a repeat changes nothing."""

    title: Text = Field(description="On screens: 楼道警铃")
    topic: str = Field("", description="MQTT topic to publish to; may hold {building} and {place}")
    payload: str = Field("", description="What to publish, or the body of the webhook; may hold {incident} and {id}")
    undo: str = Field("", description="What to publish or post when the incident is closed; empty: nothing is undone")
    retain: bool = Field(False, description="Publish retained")
    confirm_topic: str = Field("", description="Topic on which the device answers; empty: the broker's word must do")
    confirm: str = Field("", description="What the answer must contain; empty: any answer confirms")
    url: SecretStr = Field(SecretStr(""), description="Webhook to call instead of publishing, as ${NAME} where secret")
    in_drills: bool = Field(False, description="Carried out in drills too")


class RoleConfig(Section):
    """What a role is called and may see."""

    title: Text = Field(description="On screens")
    sees: Sees = Field(Sees.FLOOR, description="room, floor or building before it accepts")


class StoreConfig(Section):
    """Where the record is kept."""

    url: SecretStr = Field(SecretStr(""), description="Empty: SQLite in data_dir; or postgresql+psycopg://…")
    keep_readings: Duration = Field(timedelta(days=365), description="Age at which journal blocks are dropped")
    keep_incidents: Duration = Field(
        timedelta(days=1095), description="Age at which closed incidents go, with their messages, photos and looks"
    )
    keep_bytes: int = Field(20_000_000_000, description="Size at which the oldest journal blocks are dropped")


class InfluxConfig(Section):
    """InfluxDB 2, or whatever takes /api/v2/write. A projection: it may lag or die."""

    url: str = Field("", description="Empty: no InfluxDB")
    org: str = Field("community", description="Organisation")
    bucket: str = Field("community", description="Bucket")
    token: SecretStr = Field(SecretStr(""), description="Token, as ${NAME}")
    token_file: Path | None = Field(None, description="File that holds the token, instead of token")


class WebConfig(Section):
    """The hub's own pages and API."""

    host: str = Field("0.0.0.0", description="Address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="Port; 0 picks a free one")
    tls_cert_file: Path | None = Field(None, description="Certificate, for https")
    tls_key_file: Path | None = Field(None, description="Key, for https")


class DeliveryConfig(Section):
    """How messages leave."""

    receipt_within: Duration = Field(timedelta(seconds=10), description="Without a positive receipt: next contact")
    endpoints: dict[str, str] = Field(
        default_factory=dict, description="Scheme -> address instead of the vendor's: for a proxy or a test"
    )
    test_every: Duration | None = Field(
        timedelta(days=7), description="Send each person's contacts a test this often, in the morning; null: never"
    )


class WecomBotConfig(Section):
    """WeCom AI bot over its WebSocket: takes answers without a public address."""

    bot_id: str = Field(description="Bot id")
    secret: SecretStr = Field(description="Secret, as ${NAME}")


class DingtalkStreamConfig(Section):
    """DingTalk app in Stream mode: sends to people, and takes answers without a public address."""

    client_id: str = Field(description="Client id (AppKey)")
    client_secret: SecretStr = Field(description="Client secret, as ${NAME}")


class FeishuConfig(Section):
    """Feishu or Lark app over its long connection: updates cards, and takes answers without a public address."""

    app_id: str = Field(description="App id")
    app_secret: SecretStr = Field(description="App secret, as ${NAME}")


class WecomAppConfig(Section):
    """WeCom app: messages to members, also through the WeChat plug-in; answers come to its callback."""

    corp_id: str = Field(description="Corp id")
    agent_id: int = Field(description="Agent id of the app")
    secret: SecretStr = Field(description="Secret of the app, as ${NAME}")
    callback_token: SecretStr = Field(SecretStr(""), description="Token of the callback; empty: no callback")
    callback_aes_key: SecretStr = Field(SecretStr(""), description="EncodingAESKey of the callback")


class AccountsConfig(Section):
    """Accounts at providers that people are reached through; contacts name the member only."""

    wecom_bot: WecomBotConfig | None = Field(None, description="WeCom AI bot: contacts wecombot://MEMBER")
    wecom_app: WecomAppConfig | None = Field(None, description="WeCom app: contacts wecomapp://MEMBER")
    dingtalk: DingtalkStreamConfig | None = Field(None, description="DingTalk app: contacts dingtalkapp://MEMBER")
    feishu: FeishuConfig | None = Field(None, description="Feishu app: contacts feishuapp://OPEN_ID")
    voice_token: SecretStr = Field(
        SecretStr(""), description="What the providers of calls and SMS must send to POST /receipts/{provider}?token="
    )


class ParkingConfig(Section):
    """Gates, spaces and the count of both."""

    debounce: Duration = Field(timedelta(seconds=40), description="A space's sensor is believed after this long")
    one_car_within: Duration = Field(
        timedelta(seconds=15), description="Reads of one lane within this are one car, unless their plates differ"
    )
    dead_after: Duration = Field(
        timedelta(hours=3), description="A space whose sensor is not heard for this long is unknown"
    )
    squat_after: Duration = Field(
        timedelta(minutes=10), description="Probably no car for this long: committee and volunteers are told"
    )
    lane_after: Duration = Field(timedelta(minutes=2), description="Fire lanes and no-parking bays: the grace")
    overstay_after: Duration | None = Field(None, description="A car may stand for this long; null: for ever")
    drift_after: Duration = Field(timedelta(minutes=30), description="Drift for this long is told")
    drift_cars: int = Field(8, ge=1, description="Cars by which gates and spaces may disagree")
    keep_plates: Duration = Field(
        timedelta(days=30), description="After this long plates in the record are replaced by a hash"
    )


class WatchConfig(Section):
    """Who watches the watchman."""

    heartbeat_url: SecretStr = Field(SecretStr(""), description="Address to ping while all is well; empty: none")
    heartbeat_every: Duration = Field(timedelta(minutes=1), description="How often")
    twin_url: str = Field("", description="Another hub that this one watches, and that watches this one")
    twin_after: Duration = Field(timedelta(minutes=1), description="The twin is down when not heard for this long")
    announce: bool = Field(True, description="Publish each incident (retained, nothing personal) for displays")
    home_assistant: bool = Field(False, description="Announce the hub's sensors to Home Assistant (MQTT discovery)")


class CommunityConfig(Section):
    """One compound."""

    name: str = Field(description="Name people know it by")
    address: str = Field("", description="Postal address, for the 119 script")
    seed: Path | None = Field(None, description="Registry file loaded once into an empty store")


class Config(Section):
    """The whole file."""

    installation: InstallationConfig = Field(InstallationConfig(), description="Who and where this hub is")
    communities: dict[str, CommunityConfig] = Field(description="Immutable id -> compound")
    broker: BrokerConfig = Field(BrokerConfig(), description="The MQTT broker")
    sources: dict[str, SourceConfig] = Field(description="Name -> where messages come from")
    store: StoreConfig = Field(StoreConfig(), description="Where the record is kept")
    influx: InfluxConfig = Field(InfluxConfig(), description="InfluxDB")
    web: WebConfig = Field(WebConfig(), description="Pages and API")
    delivery: DeliveryConfig = Field(DeliveryConfig(), description="How messages leave")
    accounts: AccountsConfig = Field(AccountsConfig(), description="Accounts at providers")
    watch: WatchConfig = Field(WatchConfig(), description="Who watches the hub, and what it says of itself")
    parking: ParkingConfig = Field(ParkingConfig(), description="Gates and parking")
    actions: dict[str, ActionConfig] = Field(default_factory=dict, description="Name -> what a policy step may do")
    devices_dirs: list[Path] = Field(default_factory=list, description="Your device files, beside ours")
    roles: dict[str, RoleConfig] = Field(description="Role -> what it is called and may see")
    policies: dict[str, PolicyConfig] = Field(description="Name -> steps; critical, major, minor and info are defaults")
    rules: dict[str, RuleConfig] = Field(description="Name -> rule")
