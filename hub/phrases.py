"""Every enum value as people read it, in zh and en: one place for messages, pages and screens. Pure.

A test fails when a member of one of these enums lacks its phrase.
"""

from __future__ import annotations

from typing import NamedTuple

from hub.core.decisions import Reason
from hub.model import Condition, Handling, Kind, NotificationState, Outcome, Purpose, Severity


class Phrase(NamedTuple):
    """One wording in both languages."""

    zh: str
    en: str

    def said(self, language: str) -> str:
        """The wording in ``language``; whatever is not English is Chinese."""
        return self.en if language.startswith("en") else self.zh


SEVERITIES: dict[Severity, Phrase] = {
    Severity.CRITICAL: Phrase("紧急", "CRITICAL"),
    Severity.MAJOR: Phrase("重要", "Major"),
    Severity.MINOR: Phrase("一般", "Minor"),
    Severity.INFO: Phrase("提示", "Info"),
}

CONDITIONS: dict[Condition, Phrase] = {
    Condition.PENDING: Phrase("待确认", "pending"),
    Condition.ACTIVE: Phrase("告警中", "active"),
    Condition.CLEARED: Phrase("已恢复", "cleared"),
}

HANDLINGS: dict[Handling, Phrase] = {
    Handling.NEW: Phrase("无人应答", "unanswered"),
    Handling.ACCEPTED: Phrase("有人去", "someone is going"),
    Handling.ON_SITE: Phrase("已到场", "on site"),
    Handling.DONE: Phrase("处置完毕", "done"),
}

OUTCOMES: dict[Outcome, Phrase] = {
    Outcome.REAL: Phrase("属实", "real"),
    Outcome.FALSE: Phrase("误报", "false alarm"),
    Outcome.TEST: Phrase("测试", "test"),
    Outcome.DRILL: Phrase("演练", "drill"),
    Outcome.DUPLICATE: Phrase("重复", "duplicate"),
    Outcome.RECOVERED: Phrase("已自行恢复", "recovered by itself"),
}

REAL_FIRE = Phrase("真火警", "real fire")
FIRE_KINDS: frozenset[Kind] = frozenset({Kind.SMOKE, Kind.HEAT, Kind.FIRE_PANEL})


def outcome_phrase(outcome: Outcome, kind: Kind) -> Phrase:
    """What it turned out to be; a real alarm of a fire detector is a fire."""
    if outcome is Outcome.REAL and kind in FIRE_KINDS:
        return REAL_FIRE
    return OUTCOMES[outcome]


PURPOSES: dict[Purpose, Phrase] = {
    Purpose.RAISED: Phrase("首次通知", "first notice"),
    Purpose.GREW: Phrase("范围扩大", "it grew"),
    Purpose.ESCALATED: Phrase("升级通知", "escalated"),
    Purpose.REPAGED: Phrase("再次通知", "asked again"),
    Purpose.ENDED: Phrase("解除", "all clear"),
    Purpose.TEST: Phrase("测试", "test"),
    Purpose.HELP: Phrase("请求支援", "help asked for"),
    Purpose.HANDED_OVER: Phrase("转交", "handed over"),
    Purpose.PROGRESS: Phrase("进展", "progress"),
    Purpose.DIGEST: Phrase("汇总", "digest"),
    Purpose.SILENCED: Phrase("暂停提醒", "alerts paused"),
}

NOTIFICATION_STATES: dict[NotificationState, Phrase] = {
    NotificationState.DUE: Phrase("发送中", "being sent"),
    NotificationState.HELD: Phrase("暂缓", "held"),
    NotificationState.SENT: Phrase("已送出", "sent"),
    NotificationState.MISSED: Phrase("未送达", "missed"),
    NotificationState.CANCELLED: Phrase("已取消", "cancelled"),
}

KINDS: dict[Kind, Phrase] = {
    Kind.SMOKE: Phrase("烟感", "smoke detector"),
    Kind.GAS: Phrase("燃气探测器", "gas detector"),
    Kind.CO: Phrase("一氧化碳探测器", "CO detector"),
    Kind.HEAT: Phrase("温感", "heat detector"),
    Kind.LEAK: Phrase("水浸", "leak sensor"),
    Kind.SOS: Phrase("求助按钮", "SOS button"),
    Kind.FIRE_PANEL: Phrase("消防主机", "fire panel"),
    Kind.PARKING: Phrase("地磁", "parking sensor"),
    Kind.VEHICLE_COUNTER: Phrase("车辆计数", "vehicle counter"),
    Kind.GATE: Phrase("道闸", "gate"),
    Kind.GATE_IO: Phrase("道闸控制器", "gate controller"),
    Kind.LPR: Phrase("车牌识别", "plate camera"),
    Kind.DOOR: Phrase("门磁", "door contact"),
    Kind.MOTION: Phrase("人体感应", "motion sensor"),
    Kind.FENCE: Phrase("电子围栏", "electronic fence"),
    Kind.CAMERA: Phrase("摄像头", "camera"),
    Kind.BUTTON: Phrase("按钮", "button"),
    Kind.DOORBELL: Phrase("门铃", "doorbell"),
    Kind.ACCESS: Phrase("门禁", "access control"),
    Kind.SWITCH: Phrase("开关", "switch"),
    Kind.RELAY: Phrase("继电器", "relay"),
    Kind.TILT: Phrase("倾斜传感器", "tilt sensor"),
    Kind.VIBRATION: Phrase("振动传感器", "vibration sensor"),
    Kind.MANHOLE: Phrase("井盖", "manhole cover"),
    Kind.LIFT: Phrase("电梯", "lift"),
    Kind.PUMP: Phrase("水泵", "pump"),
    Kind.CHARGER: Phrase("充电桩", "charger"),
    Kind.PRESSURE: Phrase("压力", "pressure sensor"),
    Kind.WATER_PRESSURE: Phrase("水压", "water pressure sensor"),
    Kind.LEVEL: Phrase("液位", "level sensor"),
    Kind.DISTANCE: Phrase("测距", "distance sensor"),
    Kind.WATER_METER: Phrase("水表", "water meter"),
    Kind.TEMPERATURE: Phrase("温度", "temperature sensor"),
    Kind.AIR_QUALITY: Phrase("空气质量", "air quality sensor"),
    Kind.TELEMETRY: Phrase("遥测", "telemetry"),
    Kind.LIFECYCLE: Phrase("设备状态", "device state"),
    Kind.DISCOVERY: Phrase("设备发现", "discovery"),
    Kind.UNKNOWN: Phrase("未登记设备", "unregistered device"),
}

REASONS: dict[Reason, Phrase] = {
    Reason.CONDITION_MET: Phrase("设备上报,条件成立。", "The device reported it: the condition was met."),
    Reason.CONDITION_CLEARED: Phrase("设备上报,已恢复正常。", "The device reported that it is over."),
    Reason.CONDITION_HELD_FOR: Phrase("条件持续到规定时长。", "The condition held for as long as the rule asks."),
    Reason.RETAINED_STATE: Phrase("连接时读到的留存状态。", "A retained state, read when connecting."),
    Reason.SILENT_TOO_LONG: Phrase("设备失联超过规定时长。", "Nothing was heard from the device for too long."),
    Reason.HEARD_AGAIN: Phrase("设备恢复上报。", "The device was heard again."),
    Reason.UNDECODABLE_LIFE_SAFETY: Phrase(
        "生命安全类设备发来无法识别的内容,按告警处理。",
        "A life-safety device sent what could not be understood: treated as an alert.",
    ),
    Reason.RULE_FAULT: Phrase(
        "规则计算出错,请工程人员检查规则。", "The rule itself failed; the engineer must look at it."
    ),
    Reason.NEW_HOME_IN_INCIDENT: Phrase("同一事件又有一户告警。", "Another home joined the incident."),
    Reason.SAME_INCIDENT: Phrase("并入已有事件,不重复通知。", "Part of an incident that people know already."),
    Reason.POLICY_STEP: Phrase("按通知顺序,轮到这一步。", "The policy's next step was due."),
    Reason.NOBODY_ACCEPTED: Phrase("规定时间内无人应答。", "Nobody accepted in the step's time."),
    Reason.NOTHING_SINCE_ACCEPT: Phrase("有人应答后一直没有结果。", "Somebody accepted and nothing was heard since."),
    Reason.INCIDENT_ENDED: Phrase("事件已结束。", "The incident ended."),
    Reason.ROLE_EMPTY: Phrase("该角色当前无人值班,已跳过。", "Nobody holds this role now; it was skipped."),
    Reason.ALREADY_TOLD: Phrase("此人已收到同一通知。", "This person was told already."),
    Reason.DECLINED: Phrase("此人已答复去不了。", "This person said that they cannot go."),
    Reason.NO_CONTACT: Phrase("此人没有登记联系方式。", "This person has no contact."),
    Reason.SILENCED: Phrase("正在暂停提醒。", "A silence is on."),
    Reason.TEST_PRESSED: Phrase("有人按了测试键。", "Somebody pressed the test button."),
    Reason.NO_RECEIPT_IN_TIME: Phrase(
        "规定时间内没有收到送达回执,换下一个联系方式。", "No positive receipt in time; the next contact is tried."
    ),
    Reason.CONTACT_REFUSED: Phrase(
        "对方平台拒收,换下一个联系方式。", "The provider refused; the next contact is tried."
    ),
    Reason.LADDER_EXHAUSTED: Phrase("此人的联系方式都没有送达。", "None of this person's contacts took the message."),
    Reason.INCIDENT_ANSWERED: Phrase("已有人应答,不再发送。", "It was answered first; not sent any more."),
    Reason.DUPLICATE_KEY: Phrase("同一条上报重复收到。", "The same reading arrived twice."),
    Reason.DUPLICATE_DELIVERY: Phrase("消息服务器重复投递。", "The broker delivered it again."),
    Reason.PERSON_ASKED: Phrase("人员操作。", "Somebody asked for it."),
    Reason.INVALID: Phrase("内容不合法,没有执行。", "It is not valid and was not done."),
    Reason.CLOCK_JUMPED: Phrase("系统时钟跳变,各时限已重新计算。", "The clock jumped; deadlines were set anew."),
    Reason.OFF_HOURS: Phrase("不在此人的可通知时段。", "It is outside the hours in which this person may be told."),
    Reason.ASLEEP: Phrase("此人休息中,这个级别不打扰。", "This person is asleep and is not woken for this."),
    Reason.ON_LEAVE: Phrase("此人请假中。", "This person is on leave."),
    Reason.REFUSED: Phrase("此人已表示不接收通知。", "This person does not want to be told."),
    Reason.NIGHT_CALLS_USED: Phrase(
        "今晚给此人的电话已到上限,改用其他方式。",
        "This person's phone has rung as often as it may tonight; other ways are used.",
    ),
    Reason.WRONG_DAY: Phrase("这一步或这个班次不在今天。", "The step or the shift is for other days."),
    Reason.NOT_AWAKE_FIRST: Phrase(
        "先找醒着的人,此人放到下一步。", "Whoever is awake is asked first; this person comes with the next step."
    ),
    Reason.CHANNEL_NOT_ALLOWED: Phrase(
        "这一步不用此人登记的联系方式。", "The step does not use any contact that this person has."
    ),
    Reason.WORKING_HOURS: Phrase("非工作时间,到上班时再通知。", "Outside working hours; told when they begin."),
    Reason.DIGESTED: Phrase("不紧急,并入下一次汇总。", "Not urgent; it goes with the next digest."),
    Reason.MERGED: Phrase("与其他事件合为一条发送。", "It went out in one message with other incidents."),
    Reason.SHARED_CONTACT: Phrase(
        "此人所在的群已收到这条通知。", "The group that this person reads has this message already."
    ),
    Reason.QUORUM_SHORT: Phrase("应答人数还不够。", "Not enough people have answered yet."),
    Reason.HELP_ASKED: Phrase("现场请求支援。", "Somebody on site asked for help."),
    Reason.HANDED_OVER: Phrase("处理人转交他人。", "Whoever had it handed it over."),
    Reason.INHIBITED: Phrase("由另一告警引起,不单独通知。", "Another alert explains it; nobody is told of it alone."),
    Reason.NO_LONGER_INHIBITED: Phrase(
        "引起它的告警已结束,开始通知。", "The alert that explained it is over; people are told now."
    ),
    Reason.FLAPPING: Phrase("反复告警,稳定前不再逐次通知。", "It comes and goes; not told each time until it is calm."),
    Reason.WORKS: Phrase(
        "户内有登记的作业,只通知值班室和现场负责人。",
        "Works are registered in this home; only the console and the person on site are told.",
    ),
    Reason.WORKS_ENDED: Phrase("入户作业结束,恢复正常通知。", "The works are over; people are told as usual."),
    Reason.FALSE_ALARMS: Phrase(
        "30天内多次误报,需要移位或换型。", "Several false alarms in 30 days: it must be moved or replaced."
    ),
    Reason.DRILL: Phrase("演练。", "A drill."),
    Reason.SILENCE_STARTED: Phrase("开始暂停提醒。", "A silence began."),
    Reason.SILENCE_ENDS_SOON: Phrase("暂停提醒即将结束。", "A silence ends soon."),
    Reason.SILENCE_ENDED: Phrase("暂停提醒结束。", "A silence is over."),
    Reason.SELF_OBSERVED: Phrase("系统自查发现。", "The hub found it out about itself."),
    Reason.WEEKLY_TEST: Phrase("每周的联系方式测试。", "The weekly test of this contact."),
    Reason.CARD_UPDATED: Phrase(
        "已有的卡片已更新,不另发。", "The card that is there was changed; nothing new was sent."
    ),
}

RECEIPTS: dict[str, Phrase] = {
    # hub.model.Receipt.reason; hub.delivery.answers.Answer lists them
    "accepted": Phrase("平台已接收", "the provider took it"),
    "refused": Phrase("平台拒收", "the provider refused it"),
    "rate_limited": Phrase("发送过于频繁,被限流", "too many messages in a short time"),
    "timeout": Phrase("规定时间内没有答复", "no answer in time"),
    "unreachable": Phrase("连不上平台", "the provider could not be reached"),
    "bad_contact": Phrase("联系方式失效或填写有误", "the contact is wrong or was removed"),
    "too_long": Phrase("内容超长", "the message is too long"),
    "provider_down": Phrase("平台故障", "the provider is out of order"),
    "unreadable": Phrase("平台答复无法识别", "the provider's answer could not be understood"),
    "fault": Phrase("发送程序出错", "the sender itself failed"),
}
