"""The fixed parts of messages, in zh and en. Words of enums are in `hub.phrases`."""

from __future__ import annotations

from hub.phrases import Phrase

MARKS: dict[str, Phrase] = {
    "test": Phrase("测试", "Test"),
    "late": Phrase("补报:", "late report: "),
    "grew": Phrase("范围扩大:", "it grew: "),
    "escalated": Phrase("无人应答:", "nobody answered: "),
    "repaged": Phrase("有人应答后无结果:", "nothing since it was accepted: "),
    "alert": Phrase("告警", " alert"),
}

PLACES: dict[str, Phrase] = {"floor": Phrase("{n}层", "floor {n}")}

TIMES: dict[str, Phrase] = {
    "stop": Phrase("。", ". "),
    "comma": Phrase(",", ", "),
    "since_short": Phrase(" {at}", " at {at}"),
    "since": Phrase(",{at}起", ", since {at}"),
    "hours": Phrase(",已{n}小时", ", {n} hours"),
    "days": Phrase(",已{n}天", ", {n} days"),
}

TELL: dict[str, Phrase] = {
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

END: dict[str, Phrase] = {
    "is": Phrase(":", ": "),
    "cause": Phrase("({cause})", " ({cause})"),
    "by_people": Phrase("{at}已核实,请勿再前往", "verified at {at}; please do not come any more"),
    "by_itself": Phrase("{at}恢复,请勿再前往", "over at {at}; please do not come any more"),
}
