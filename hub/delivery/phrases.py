"""The fixed parts of messages, in zh and en. Words of enums are in `hub.phrases`."""

from __future__ import annotations

from hub.core.decisions import Reason
from hub.phrases import Phrase

MARKS: dict[str, Phrase] = {
    "test": Phrase("测试", "Test"),
    "late": Phrase("补报:", "late report: "),
    "grew": Phrase("范围扩大:", "it grew: "),
    "escalated": Phrase("无人应答:", "nobody answered: "),
    "repaged": Phrase("有人应答后无结果:", "nothing since it was accepted: "),
    "alert": Phrase("告警", " alert"),
    "drill": Phrase("演练", "Drill"),
    "ended": Phrase("解除", "All clear"),
    "help": Phrase("现场请求支援:", "help is needed on site: "),
    "help_by": Phrase("现场{who}请求支援:", "{who} on site asks for help: "),
    "handed_over": Phrase("转请您处理:", "handed over to you: "),
    "handed_over_by": Phrase("{who}转请您处理:", "{who} hands over to you: "),
}

PLACES: dict[str, Phrase] = {"floor": Phrase("{n}层", "floor {n}")}

TIMES: dict[str, Phrase] = {
    "stop": Phrase("。", ". "),
    "comma": Phrase(",", ", "),
    "since_short": Phrase(" {at}", " at {at}"),
    "since": Phrase(",{at}起", ", since {at}"),
    "hours": Phrase(",已{n}小时", ", {n} hours"),
    "days": Phrase(",已{n}天", ", {n} days"),
    "noted": Phrase("({note})", " ({note})"),
}

TELL: dict[str, Phrase] = {
    "flapping": Phrase(",反复告警", ", comes and goes"),
    "flapping_times": Phrase(",反复告警{n}次", ", came {n} times"),
    "note": Phrase("说明:{note}。", "They say: {note}. "),
    "observed": Phrase("{note}。", "{note}. "),
    "drill_todo": Phrase("这是演练:照真的去做,但不要拨打119", "This is a drill: do as you would, but do not call 119"),
    "answer_each": Phrase("其余请逐一处理:{link}", "The others: {link}"),
    "homes": Phrase(",现已{n}户", ", {n} homes by now"),
    "look": Phrase("请到现场查看", "Please go and look"),
    "going_short": Phrase("已去{n}人,还缺{m}人。", "{n} going, {m} more needed. "),
    "going_enough": Phrase("已去{n}人。", "{n} going. "),
    "answer_link": Phrase("点开处理:{link}", "Answer here: {link}"),
    "answer_number": Phrase("回复1我去 2去不了", "Reply 1 I go, 2 I cannot"),
    "answer_call": Phrase("能去的请到值班室或打电话答复", "Tell the duty room, or call it, if you go"),
    "device_test": Phrase("设备测试,不用前往", "A device test; nobody needs to come"),
    "contact_test": Phrase("【测试】{community}告警通知测试", "[Test] {community} alert notification test"),
    "contact_test_todo": Phrase(
        "{at}发出,收到即表示这个联系方式可用,不用处理", "Sent {at}. This contact works; nothing to do"
    ),
}

TELL |= {
    "contact_confirm": Phrase(
        "{at}发出,联系方式:{contact}。请在收件箱里按“收到”,或告诉值班室",
        "Sent {at} over {contact}. Please press “received” in your inbox, or tell the duty room",
    ),
    "contact_confirm_link": Phrase(
        "{at}发出,联系方式:{contact}。点开按“收到”,即证明可用:{link}",
        "Sent {at} over {contact}. Open and press “received” to prove that it works: {link}",
    ),
}

LISTS: dict[str, Phrase] = {
    "in_all": Phrase("等{n}起", "{n} in all"),
    "homes": Phrase(",{n}户", ", {n} homes"),
    "digest": Phrase("【汇总】{community}{n}件事", "[Digest] {community}: {n} in all"),
    "open": Phrase("点开逐一处理:{link}", "Answer each here: {link}"),
}

ANNOUNCED: dict[Reason, Phrase] = {
    Reason.SILENCE_STARTED: Phrase("暂停提醒至{at}", "alerts are paused until {at}"),
    Reason.SILENCE_ENDS_SOON: Phrase("暂停提醒将在{at}结束", "the pause ends at {at}"),
    Reason.SILENCE_ENDED: Phrase("暂停提醒已结束,恢复通知", "the pause is over; alerts are told again"),
    Reason.WORKS: Phrase("入户作业至{at}", "works in this home until {at}"),
    Reason.WORKS_ENDED: Phrase("入户作业已结束,恢复通知", "the works are over; alerts are told as usual"),
    Reason.SILENCED: Phrase("紧急告警照常通知", "Critical alerts are told all the same"),
}
"""Reason of an announcement -> its words; `SILENCED` is what each of them ends with."""

END: dict[str, Phrase] = {
    "is": Phrase(":", ": "),
    "cause": Phrase("({cause})", " ({cause})"),
    "by_people": Phrase("{at}已核实,请勿再前往", "verified at {at}; please do not come any more"),
    "by_itself": Phrase("{at}恢复,请勿再前往", "over at {at}; please do not come any more"),
}
