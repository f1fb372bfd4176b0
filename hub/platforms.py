"""What to type into each platform so that it reaches the hub: lines for the terminal, zh and en. Pure.

Sources: Zigbee2MQTT guide, Configuration, MQTT and Device options (QoS is 0 unless set); ChirpStack 4 configuration,
``[integration.mqtt]``; Vzenith, 车牌识别一体机 MQTT 对接协议 1.1 (every topic may be changed on the camera's page);
CTWing AEP, 订阅推送 (three tries, then a pause of one minute in which messages are not pushed).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hub.config import Text
from hub.config_words import both


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How a platform gets in."""

    host: str
    """As seen from the compound's network."""
    port: int
    username: str
    password: str
    tls: bool = False
    url: str = ""
    """For platforms that push HTTP, token included."""


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """One platform of `hub connect`."""

    name: str
    title: str
    topics: tuple[str, ...]
    """Filters of its messages; none for one that pushes HTTP."""
    source: str
    """What to write under ``sources:`` where the config has no such source yet."""
    lines: Callable[[Access], list[Text | str]]
    """Text is said in the reader's language, a bare string is typed as it stands."""
    try_it: Text
    """How to make a device say something now."""


def _zigbee2mqtt(access: Access) -> list[Text | str]:
    scheme = "mqtts" if access.tls else "mqtt"
    return [
        both(
            "在 Zigbee2MQTT 的 data/configuration.yaml 里写(或在它的网页 Settings → MQTT 里填),然后重启它:",
            "In Zigbee2MQTT's data/configuration.yaml (or on its page, Settings, MQTT), then restart it:",
        ),
        "mqtt:",
        f"  server: {scheme}://{access.host}:{access.port}",
        "  base_topic: zigbee2mqtt",
        f"  user: {access.username}",
        f"  password: '{access.password}'",
        "availability:",
        "  enabled: true",
        "device_options:",
        "  qos: 1",
        "  retain: false",
        both(
            "默认 QoS 是 0,断线时会丢;qos: 1 不会。retain 保持 false:旧告警不该再响一次。输出格式保持 json。",
            "Its default is QoS 0, which an interruption loses; qos: 1 is kept. Leave retain false: an old alarm must "
            "not sound again. Leave the output format at json.",
        ),
    ]


def _chirpstack(access: Access) -> list[Text | str]:
    scheme = "ssl" if access.tls else "tcp"
    return [
        both(
            "在 ChirpStack v4 的 chirpstack.toml 里写,然后重启它:",
            "In ChirpStack v4's chirpstack.toml, then restart it:",
        ),
        "[integration]",
        '  enabled=["mqtt"]',
        "  [integration.mqtt]",
        f'    server="{scheme}://{access.host}:{access.port}"',
        f'    username="{access.username}"',
        f'    password="{access.password}"',
        "    json=true",
        "    qos=1",
        "    clean_session=false",
        '    event_topic="application/{{application_id}}/device/{{dev_eui}}/event/{{event}}"',
        both(
            "json 必须是 true。QoS 默认是 0,请写 1。不用留存(retain)。设备配置文件里没有解码器也可以,中枢自己解。",
            "json must be true. QoS is 0 unless set: write 1. Nothing is retained. Device profiles need no codec: the hub "
            "decodes the bytes itself.",
        ),
    ]


def _vzenith(access: Access) -> list[Text | str]:
    return [
        both(
            "用浏览器打开相机的网页,登录,找到 MQTT 设置(在网络或平台对接里),填:",
            "Open the camera's own page in a browser, log in, find the MQTT settings (under network or platform), and enter:",
        ),
        both(f"服务器地址 {access.host}    端口 {access.port}", f"Server {access.host}    port {access.port}"),
        both(
            f"用户名 {access.username}    密码 {access.password}",
            f"User name {access.username}    password {access.password}",
        ),
        both("客户端 ID:{sn}(每台相机不同)", "Client id: {sn} (another for each camera)"),
        both(
            f"加密 (TLS):{'开' if access.tls else '关'}    QoS:1    保留 (retain):关",
            f"TLS: {'on' if access.tls else 'off'}    QoS: 1    retain: off",
        ),
        both(
            "主题保持默认:device/{sn}/message/up/ivs_result、gpio_in、keep_alive、barr_gate_status;",
            "Leave the topics as they are: device/{sn}/message/up/ivs_result, gpio_in, keep_alive, barr_gate_status;",
        ),
        both(
            "旧固件是 {sn}/device/message/up/…,集成商的包是 /device/push/result,也都能收。关掉“车牌加密”。",
            "older firmware has {sn}/device/message/up/…, integrators' packages /device/push/result: both are read too. "
            "Switch plate encryption off.",
        ),
    ]


def _ctwing(access: Access) -> list[Text | str]:
    return [
        both(
            "登录 CTWing AEP 控制台,进入产品 → 订阅管理 → 新建订阅(产品级),消息类型选:",
            "In the CTWing AEP console: product, subscriptions (订阅管理), new, level product, with these messages:",
        ),
        both(
            "设备数据变化通知、设备事件上报通知、设备上下线通知",
            "设备数据变化通知 (data), 设备事件上报通知 (events), 设备上下线通知 (online and offline)",
        ),
        both("订阅方式 HTTP,地址(整行,含口令):", "By HTTP, to this address (the whole line, it holds the token):"),
        access.url,
        both(
            "电信平台在公网:这个地址要能从公网打开(端口映射或反向代理,最好 https)。中枢入库后才回 200。",
            "The platform is on the internet: it must be able to open this address (port forwarding or a reverse proxy, "
            "better https). The hub answers 200 once the message is kept.",
        ),
        both(
            "推送失败它只重试 3 次,连续失败多了会停推一分钟,那一分钟的消息会丢。",
            "It tries three times; after many failures it pauses for a minute, and messages of that minute are lost.",
        ),
    ]


PLATFORMS: dict[str, Platform] = {
    one.name: one
    for one in (
        Platform(
            name="zigbee2mqtt",
            title="Zigbee2MQTT",
            topics=("zigbee2mqtt/#",),
            source="zigbee2mqtt: {topics: [zigbee2mqtt/#], lane: safety}",
            lines=_zigbee2mqtt,
            try_it=both("现在按一下某个烟感的测试键。", "Now press the test button of a detector."),
        ),
        Platform(
            name="chirpstack",
            title="ChirpStack v4",
            topics=("application/+/device/+/event/+",),
            source="chirpstack: {topics: [application/+/device/+/event/+]}",
            lines=_chirpstack,
            try_it=both(
                "现在让一个设备发一次(按键,或把磁铁放到地磁上)。", "Now make a device send (its button, or a magnet)."
            ),
        ),
        Platform(
            name="vzenith",
            title="臻识 Vzenith",
            topics=("device/+/message/up/+", "+/device/message/up/+", "/device/push/result"),
            source="vzenith: {topics: [device/+/message/up/+, +/device/message/up/+, /device/push/result]}",
            lines=_vzenith,
            try_it=both(
                "相机每 10 秒发一次心跳;也可在相机网页上点“手动触发”。",
                "The camera sends a heartbeat every 10 s; or trigger it by hand on its page.",
            ),
        ),
        Platform(
            name="ctwing",
            title="中国电信 CTWing",
            topics=(),
            source="ctwing: {lane: safety, token: '${CTWING_TOKEN}'}",
            lines=_ctwing,
            try_it=both("现在按一下某个设备的测试键。", "Now press the test button of a device."),
        ),
    )
}
