"""The words of the hub as they stand on screens. Chinese here, English in ``locale/en.po``."""

from __future__ import annotations

from collections.abc import Mapping

from hub.core.decisions import Reason
from hub.model import Handling, Kind, NotificationState, Outcome, PlaceKind, Purpose, Severity, Stage
from hub.web.access import Role
from hub.web.language import marked, translated

SEVERITY: Mapping[str, str] = {
    Severity.CRITICAL: marked("紧急"),
    Severity.MAJOR: marked("重要"),
    Severity.MINOR: marked("一般"),
    Severity.INFO: marked("提示"),
}

HANDLING: Mapping[str, str] = {
    Handling.NEW: marked("未接警"),
    Handling.ACCEPTED: marked("已接警"),
    Handling.ON_SITE: marked("已到场"),
    Handling.DONE: marked("处置完毕"),
}

OUTCOME: Mapping[str, str] = {
    Outcome.REAL: marked("真火警"),
    Outcome.FALSE: marked("误报"),
    Outcome.TEST: marked("测试"),
    Outcome.DRILL: marked("演练"),
    Outcome.DUPLICATE: marked("重复"),
    Outcome.RECOVERED: marked("自行恢复"),
}

OUTCOME_PLAIN = marked("属实")
"""`Outcome.REAL` of what is no fire."""

CAUSES: tuple[str, ...] = (
    marked("做饭油烟"),
    marked("灰尘"),
    marked("设备故障"),
    marked("装修"),
    marked("其他"),
)
"""Chips of the answer page; the Chinese word is what is kept."""

KIND: Mapping[str, str] = {
    Kind.SMOKE: marked("烟感"),
    Kind.GAS: marked("燃气"),
    Kind.CO: marked("一氧化碳"),
    Kind.HEAT: marked("温感"),
    Kind.LEAK: marked("水浸"),
    Kind.SOS: marked("求助按钮"),
    Kind.FIRE_PANEL: marked("消防主机"),
    Kind.PARKING: marked("车位"),
    Kind.GATE: marked("道闸"),
    Kind.GATE_IO: marked("道闸触点"),
    Kind.LPR: marked("车牌识别"),
    Kind.DOOR: marked("门磁"),
    Kind.MOTION: marked("人体移动"),
    Kind.FENCE: marked("电子围栏"),
    Kind.CAMERA: marked("摄像机"),
    Kind.LIFT: marked("电梯"),
    Kind.PUMP: marked("水泵"),
    Kind.CHARGER: marked("充电桩"),
    Kind.LIFECYCLE: marked("网关"),
    Kind.UNKNOWN: marked("未知类型"),
}

ROLE: Mapping[str, str] = {
    Role.ADMIN: marked("管理员"),
    Role.PROPERTY: marked("物业"),
    Role.GUARD: marked("保安"),
    Role.COMMITTEE: marked("居委"),
    Role.VOLUNTEER: marked("志愿者"),
    Role.STREET: marked("街道"),
    Role.WALL: marked("大屏"),
    "console": marked("控制室"),
    "system": marked("系统"),
}

STATE: Mapping[str, str] = {
    NotificationState.DUE: marked("发送中"),
    NotificationState.HELD: marked("未发送"),
    NotificationState.SENT: marked("已送达"),
    NotificationState.MISSED: marked("全部失败"),
    NotificationState.CANCELLED: marked("已取消"),
}

PURPOSE: Mapping[str, str] = {
    Purpose.RAISED: marked("首次通知"),
    Purpose.GREW: marked("范围扩大"),
    Purpose.ESCALATED: marked("升级通知"),
    Purpose.REPAGED: marked("再次通知"),
    Purpose.ENDED: marked("解除"),
    Purpose.TEST: marked("测试"),
    Purpose.HELP: marked("请求支援"),
    Purpose.HANDED_OVER: marked("转交"),
    Purpose.PROGRESS: marked("进展"),
    Purpose.DIGEST: marked("汇总"),
    Purpose.SILENCED: marked("暂停提醒"),
}

CHANNEL: Mapping[str, str] = {
    "inbox": marked("消息页"),
    "wecom": marked("企业微信群"),
    "wecomapp": marked("企业微信"),
    "wecombot": marked("企业微信机器人"),
    "dingtalk": marked("钉钉群"),
    "dingtalkapp": marked("钉钉"),
    "feishu": marked("飞书群"),
    "lark": marked("Lark群"),
    "feishuapp": marked("飞书"),
    "alisms": marked("短信"),
    "tencentsms": marked("短信"),
    "modemsms": marked("短信"),
    "alivoice": marked("电话"),
    "tencentvoice": marked("电话"),
    "modemring": marked("电话"),
    "webpush": marked("浏览器推送"),
    "mailto": marked("邮件"),
    "mailtos": marked("邮件"),
    "action": marked("动作"),
}
"""By the scheme of a contact's URL; what is not here is shown by its scheme."""

PLACE: Mapping[str, str] = {
    PlaceKind.BUILDING: marked("号楼"),
    PlaceKind.SPACE: marked("车位"),
    PlaceKind.GATE: marked("道闸"),
    PlaceKind.HOME: marked("户"),
}

STAGE: Mapping[str, str] = {
    Stage.ACCEPTED: marked("对方已接收"),
    Stage.DELIVERED: marked("已到手机"),
    Stage.OPENED: marked("已打开"),
    Stage.ANSWERED: marked("已回复"),
}

UNDECODED: Mapping[str, str] = {
    "not_json": marked("不是有效的 JSON"),
    "not_text": marked("不是文本"),
    "too_large": marked("报文过大"),
    "wrong_type": marked("字段类型不对"),
    "missing_field": marked("缺少字段"),
    "bad_checksum": marked("校验不符"),
    "truncated": marked("报文不完整"),
    "unknown_envelope": marked("未知平台格式"),
    "unknown_model": marked("未知设备型号"),
    "unknown_format": marked("未知报文格式"),
    "codec_fault": marked("解码文件出错"),
    "poison": marked("两次写入失败"),
}

RECEIPT: Mapping[str, str] = {
    "accepted": marked("对方已接收"),
    "refused": marked("对方拒绝"),
    "rate_limited": marked("超过发送频率"),
    "timeout": marked("超时无回执"),
    "unreachable": marked("连接不上"),
    "bad_contact": marked("联系方式有误"),
}

REASONS: Mapping[str, str] = {
    Reason.CONDITION_MET: marked("条件成立"),
    Reason.CONDITION_CLEARED: marked("条件解除"),
    Reason.CONDITION_HELD_FOR: marked("条件持续了规定时间"),
    Reason.RETAINED_STATE: marked("连接时平台保留的状态"),
    Reason.SILENT_TOO_LONG: marked("太久没有上报"),
    Reason.HEARD_AGAIN: marked("重新上报"),
    Reason.UNDECODABLE_LIFE_SAFETY: marked("生命安全设备的报文无法识别"),
    Reason.RULE_FAULT: marked("规则出错"),
    Reason.NEW_HOME_IN_INCIDENT: marked("同一事件又有一户报警"),
    Reason.SAME_INCIDENT: marked("属于同一事件"),
    Reason.POLICY_STEP: marked("按通知顺序"),
    Reason.NOBODY_ACCEPTED: marked("无人接警"),
    Reason.NOTHING_SINCE_ACCEPT: marked("接警后没有进展"),
    Reason.INCIDENT_ENDED: marked("事件结束"),
    Reason.ROLE_EMPTY: marked("该角色此刻无人"),
    Reason.ALREADY_TOLD: marked("已经通知过"),
    Reason.DECLINED: marked("本人表示去不了"),
    Reason.NO_CONTACT: marked("没有联系方式"),
    Reason.SILENCED: marked("暂停提醒中"),
    Reason.TEST_PRESSED: marked("按了测试键"),
    Reason.NO_RECEIPT_IN_TIME: marked("规定时间内无回执"),
    Reason.CONTACT_REFUSED: marked("对方平台拒绝"),
    Reason.LADDER_EXHAUSTED: marked("所有联系方式都试过"),
    Reason.INCIDENT_ANSWERED: marked("已有人接警"),
    Reason.DUPLICATE_KEY: marked("同一条上报"),
    Reason.DUPLICATE_DELIVERY: marked("平台重复投递"),
    Reason.PERSON_ASKED: marked("人工操作"),
    Reason.INVALID: marked("内容无效"),
    Reason.CLOCK_JUMPED: marked("时钟跳变"),
    Reason.OFF_HOURS: marked("不在可通知时段"),
    Reason.ASLEEP: marked("休息中"),
    Reason.ON_LEAVE: marked("请假中"),
    Reason.REFUSED: marked("本人不接收通知"),
    Reason.NIGHT_CALLS_USED: marked("夜间电话已到上限"),
    Reason.WRONG_DAY: marked("不在当天的班次"),
    Reason.NOT_AWAKE_FIRST: marked("先找醒着的人"),
    Reason.CHANNEL_NOT_ALLOWED: marked("这一步不用其联系方式"),
    Reason.WORKING_HOURS: marked("等到工作时间"),
    Reason.DIGESTED: marked("并入汇总"),
    Reason.MERGED: marked("合并发送"),
    Reason.SHARED_CONTACT: marked("所在群已收到"),
    Reason.QUORUM_SHORT: marked("应答人数不够"),
    Reason.HELP_ASKED: marked("现场请求支援"),
    Reason.HANDED_OVER: marked("已转交"),
    Reason.INHIBITED: marked("由另一告警引起"),
    Reason.NO_LONGER_INHIBITED: marked("原因告警已结束"),
    Reason.FLAPPING: marked("反复告警"),
    Reason.WORKS: marked("入户作业中"),
    Reason.WORKS_ENDED: marked("入户作业结束"),
    Reason.FALSE_ALARMS: marked("多次误报"),
    Reason.DRILL: marked("演练"),
    Reason.SILENCE_STARTED: marked("开始暂停提醒"),
    Reason.SILENCE_ENDS_SOON: marked("暂停提醒即将结束"),
    Reason.SILENCE_ENDED: marked("暂停提醒结束"),
    Reason.SELF_OBSERVED: marked("系统自查"),
    Reason.WEEKLY_TEST: marked("每周测试"),
    Reason.CARD_UPDATED: marked("已更新卡片"),
}

DECISIONS: Mapping[str, str] = {
    "alert_pending": marked("条件出现,等待确认"),
    "alert_raised": marked("告警"),
    "alert_cleared": marked("条件解除"),
    "alert_hidden": marked("未通知"),
    "incident_opened": marked("事件建立"),
    "incident_grew": marked("事件扩大"),
    "incident_accepted": marked("接警"),
    "incident_declined": marked("去不了"),
    "responder_arrived": marked("已到场"),
    "incident_closed": marked("处置完毕"),
    "notification_due": marked("发出通知"),
    "notification_sent": marked("通知送达"),
    "notification_failed": marked("通知失败,换下一个联系方式"),
    "notification_missed": marked("通知全部失败"),
    "notification_held": marked("没有通知"),
    "notification_cancelled": marked("不再通知"),
    "policy_advanced": marked("进入下一步"),
    "command_refused": marked("操作被拒绝"),
    "incident_commented": marked("说明"),
    "help_asked": marked("需要支援"),
    "incident_handed_over": marked("转交"),
    "alert_inhibited": marked("未单独通知"),
    "alert_flapped": marked("反复出现"),
    "drill_started": marked("演练开始"),
    "notification_progressed": marked("消息进展"),
}


def word(language: str, words: Mapping[str, str], value: str) -> str:
    """The word for a value, the value itself when there is none."""
    return translated(language, words[value]) if value in words else value


def outcome_word(language: str, value: str | None, cause: str) -> str:
    """真火警 only for what is grouped as a fire: a stuck gate that was real is 属实."""
    if value is None:
        return ""
    if value == Outcome.REAL and cause != "fire":
        return translated(language, OUTCOME_PLAIN)
    return word(language, OUTCOME, value)
