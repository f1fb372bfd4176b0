"""The words of the hub's own rules: what nobody could read, minutes in which nobody would be reached, a dead twin."""

from __future__ import annotations

import msgspec

from hub.core.rules import (
    CONTACT_BROKEN,
    FALSE_ALARMS,
    HEARTBEAT_FAILED,
    REACH_GAP,
    RULE_FAULT,
    TWIN_DOWN,
    UNDECODABLE,
)
from hub.phrases import Phrase


class RuleText(msgspec.Struct, frozen=True):
    """A rule's own words. ``todo`` may hold ``{address}``."""

    title: Phrase
    todo: Phrase


BUILT_IN_TEXTS: dict[str, RuleText] = {
    UNDECODABLE: RuleText(
        Phrase("设备上报无法识别", "a life-safety device sent what could not be understood"),
        Phrase("先到现场查看,再请工程人员核对设备型号", "go and look first, then have the engineer check the model"),
    ),
    RULE_FAULT: RuleText(
        Phrase("告警规则计算出错", "an alert rule failed"),
        Phrase("先到现场查看,再请工程人员检查规则", "go and look first, then have the engineer check the rule"),
    ),
    REACH_GAP: RuleText(
        Phrase("有时段无人可通知", "there are hours in which nobody would be reached"),
        Phrase("请在值班表补人,或请人补一种联系方式", "fill the rota, or add another kind of contact"),
    ),
    TWIN_DOWN: RuleText(
        Phrase("备用主机失联", "the twin hub is not heard"),
        Phrase("查备用主机的电源和网络;其间只有一台在值守", "check its power and network; only one hub is on watch"),
    ),
    HEARTBEAT_FAILED: RuleText(
        Phrase("外部心跳未送达", "the outside heartbeat was not taken"),
        Phrase("查本机外网连接和心跳地址", "check the way out of this machine and the heartbeat's address"),
    ),
    CONTACT_BROKEN: RuleText(
        Phrase("联系方式今日多次发送失败", "a contact failed several times today"),
        Phrase("与本人核对并发一条测试;其间改用其他联系方式", "check it with its owner and send a test"),
    ),
    FALSE_ALARMS: RuleText(
        Phrase("30天内多次误报", "false alarms again and again in 30 days"),
        Phrase("请安排移位或换型,完成后在设备页登记", "have the detector moved or replaced, then note it on its page"),
    ),
}
