"""What is said back, in zh and en. Nothing here names a person."""

from __future__ import annotations

from hub.answering.words import Act
from hub.phrases import Phrase

DONE: dict[Act, Phrase] = {
    Act.ACCEPT: Phrase("已记录:你去", "Noted: you go"),
    Act.DECLINE: Phrase("已记录:你去不了,不再问你", "Noted: you cannot go; you are not asked again"),
    Act.SAY_FALSE: Phrase(
        "已记录:你说是误报。仍会有人去看", "Noted: you say false alarm. Somebody still goes and looks"
    ),
    Act.ARRIVE: Phrase("已记录:你已到场", "Noted: you are on site"),
    Act.ASK_HELP: Phrase("已记录:你求助,正在通知所有人", "Noted: you need help; everybody is being told"),
}

ALREADY: dict[Act, Phrase] = {
    Act.ACCEPT: Phrase("早已记录:你去", "Noted before: you go"),
    Act.DECLINE: Phrase("早已记录:你去不了", "Noted before: you cannot go"),
    Act.SAY_FALSE: Phrase("早已记录:你说是误报", "Noted before: you say false alarm"),
    Act.ARRIVE: Phrase("早已记录:你已到场", "Noted before: you are on site"),
    Act.ASK_HELP: Phrase("早已求助,已通知所有人", "Help was asked for before; everybody has been told"),
}

BUTTONS: dict[Act, Phrase] = {
    Act.ACCEPT: Phrase("我去", "I go"),
    Act.DECLINE: Phrase("去不了", "I cannot"),
    Act.SAY_FALSE: Phrase("误报", "False alarm"),
    Act.ARRIVE: Phrase("已到场", "On site"),
    Act.ASK_HELP: Phrase("求助", "Help"),
}

SAID: dict[str, Phrase] = {
    "going": Phrase("已去{n}人,还缺{m}人", "{n} going, {m} more needed"),
    "others": Phrase("另有:{roles}", "Also going: {roles}"),
    "nobody": Phrase("目前没有别人去", "Nobody else goes so far"),
    "somebody": Phrase("人员", "somebody"),
    "list": Phrase("还有{n}件等你答复:", "{n} more wait for your answer:"),
    "item": Phrase("{n}){what}", "{n}) {what}"),
    "list_how": Phrase('要去第1件回"1 1",去不了回"2 1"', 'Reply "1 1" to go to the first, "2 1" if you cannot'),
    "how": Phrase(
        "回复:1我去 2去不了 3误报;到了回“到场”,要人回“求助”",
        "Reply: 1 I go, 2 I cannot, 3 false alarm; then “arrived”, or “help”",
    ),
    "about": Phrase("等你答复:{what}", "It waits for your answer: {what}"),
    "none_open": Phrase("现在没有等你答复的事", "Nothing waits for your answer now"),
    "no_such": Phrase("没有第{n}件", "There is no number {n}"),
    "closed": Phrase("这件事已经结束,不用去了", "This is over; nobody needs to come"),
    "not_yours": Phrase("这件事没有通知过你", "You were not told about this"),
    "pending": Phrase("已收到,正在记录", "Received; it is being noted"),
    "refused": Phrase("没有记录成功,请打电话给值班室", "It could not be noted; please call the duty room"),
    "unknown": Phrase(
        "您好,这里是{hub}。您的账号还没有登记,请联系物业登记后再答复",
        "This is {hub}. Your account is not registered here; please ask the property office",
    ),
    "stop": Phrase("。", ". "),
    "and": Phrase("、", ", "),
}
