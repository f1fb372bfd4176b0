"""What `hub.mqtt` says about a broker in English sentences, in Chinese. What is not known here stays as it was said."""

from __future__ import annotations

import re

SENTENCES: dict[str, str] = {
    # hub.mqtt.broker.LOSSES
    r"This broker is not ours: what it keeps .*": "不是我们启动的服务器:中枢不在时它留住多少,要实测。",
    r"A broker that is killed or loses power may lose about 2 seconds.*": "服务器被强杀或断电可能丢约2秒:它每秒存一次队列。",
    r"While the hub is away, messages past (.+) MB a lane are dropped, .*": r"中枢不在时,每通道超过 \1 MB 的消息会丢,先丢最新的。",
    r"For the demo only: it forgets .* within 5 seconds\.": "只供演示:5秒内没有确认的消息它就忘了。",
    r"It keeps nothing when it stops: .*": "它停止时什么都不留:等着中枢的消息会丢。",
    r"What is published while the hub is away, or waits when it stops, may be lost\.": (
        "中枢不在时发布的、它停止时还在排队的,都可能丢。"
    ),
    r"It marks messages that waited as retained, .*": "它把排队的消息标成留存消息,其中的告警可能不再通知。",
    r"It has no accounts: .*": "它没有账号:本机任何程序都能发布。正式使用请安装 mosquitto。",
    # hub.mqtt.probe
    r"The broker speaks MQTT 3\.1\.1 only; .*": "它只会 MQTT 3.1.1;中枢用 aiomqtt 连接。",
    r"LOSS: how much it queues .* cannot be measured .*": "会丢:3.1.1 无法实测它在中枢不在时排队多少;请看它的设置。",
    r"The broker at (\S+) did not answer in time\.": r"\1 没有按时回答。",
    r"The broker is (.+)\.": r"服务器是 \1。",
    r"The broker at (\S+) hung up\.": r"\1 挂断了。",
    r"The broker at (\S+) sent what is not MQTT 5: .*": r"\1 发来的不是 MQTT。端口对吗?",
    r"The broker at (\S+) answered CONNECT with .*": r"\1 的回答不对。端口对吗?",
    r"LOSS: it forgets us after (\d+) s away; the hub asks for (\d+) s\.": r"会丢:离开 \1 秒它就忘了我们;中枢要求 \2 秒。",
    r"LOSS: it knows QoS 0 only, .*": "会丢:它只会 QoS 0,每次中断都丢消息。",
    r"It keeps no retained messages: .*": "它不保留留存消息:启动后不知道设备的上一状态。",
    r"It refuses wildcards: .*": "它不许通配符:sources 里要写完整主题。",
    r"It refuses packets over (\d+) bytes\.": r"它拒收超过 \1 字节的报文。",
    r"LOSS: unknown; this user may not (subscribe|publish) (\S+), .*": r"会丢多少不知道:这个用户不能使用 \2,无法实测。",
    r"LOSS: of (\d+) messages sent while the hub was away it kept (\d+); .*": (
        r"会丢:中枢不在时发了 \1 条,它只留住 \2 条。请设 max_queued_messages 0(mosquitto),别的服务器找同义的设置。"
    ),
    r"It kept (\d+) of (\d+) messages while the hub was away\.": r"中枢不在时发了 \2 条,留住 \1 条。",
    r"LOSS: QoS 0 messages sent while the hub is away are dropped .*": (
        "会丢:中枢不在时的 QoS 0 消息不保留(mosquitto:queue_qos0_messages true)。"
    ),
    # hub.mqtt.endpoint
    r"Nothing listens at (\S+)\. Is the broker running\?": r"\1 没有服务。它在运行吗?",
    r"(\S+) did not answer in time\.": r"\1 没有按时回答。",
    r"The host name (\S+) is not known\. .*": r"找不到主机名 \1。请检查 broker.address 和网络。",
    r"The CA, certificate or key file for (\S+) cannot be used: (.*)\. Check broker\.tls\.": (
        r"\1 的 CA、证书或私钥文件用不了:\2。请检查 broker.tls。"
    ),
    r"TLS with (\S+) failed \((.*)\)\. .*": r"与 \1 的 TLS 失败(\2)。请检查端口和 broker.tls。",
    r"The connection to (\S+) broke: (.*)\.": r"与 \1 的连接断了:\2。",
    r"The broker at (\S+) is not available at present\.": r"\1 现在不可用。",
    r"The certificate of (\S+) is not trusted \((.*)\)\. .*": r"\1 的证书不可信(\2)。请检查 broker.tls.ca_file 和主机名。",
    r"The broker at (\S+) refuses our user name or password\. .*": r"\1 不认用户名或密码。请检查 broker.username 和 broker.password。",
    r"The broker at (\S+) does not let this user in\. .*": r"\1 不让这个用户进入。请检查 broker.username 和 broker.password。",
}
"""English, as a pattern -> Chinese."""


def in_chinese(sentence: str) -> str:
    """The sentence in Chinese where it is known."""
    for pattern, words in SENTENCES.items():
        match = re.fullmatch(pattern, sentence)
        if match is not None:
            return match.expand(words)
    return sentence
