"""The pages: whether they answer, and what the hub says of itself there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import httpx

from hub.config import Config
from hub.doctor.finding import Finding, bad, note, ok, warn


def look_at_web(config: Config) -> Iterator[Finding]:
    """Port, health, TLS."""
    web = config.web
    secure = web.tls_cert_file is not None
    if not secure:
        yield note("没有 https:网页推送和屏幕常亮用不了", "No https: web push and keeping the screen awake do not work")
    if web.port == 0:
        yield note("端口由系统挑选,启动时打印", "The system picks the port; it is printed at the start")
        return
    yield from _answering(_reach(web.host), web.port, secure)


def _reach(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return host


def _answering(host: str, port: int, secure: bool) -> Iterator[Finding]:
    try:
        with socket.create_connection((host, port), timeout=2.0):
            pass
    except OSError:
        yield note(f"{host}:{port} 没有回答:中枢没有在运行", f"{host}:{port} does not answer: the hub is not running")
        return
    shown = f"[{host}]" if ":" in host else host
    url = f"{'https' if secure else 'http'}://{shown}:{port}/healthz"
    try:
        # The certificate is made for a name that people use, not for this address.
        said = httpx.get(url, timeout=5.0, verify=not secure, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        said = None
    if not isinstance(said, dict) or "ok" not in said:
        yield bad(
            f"{host}:{port} 上是别的程序:中枢启动不了。停掉它,或换 web.port",
            f"Another program has {host}:{port}, so the hub cannot start. Stop it, or change web.port",
        )
        return
    if said["ok"]:
        yield ok(f"中枢在运行,{host}:{port} 正常", f"The hub runs and is well at {host}:{port}")
        return
    for name in _names(said.get("store_down")):
        yield bad(f"小区 {name}:现在存不进去", f"Community {name}: nothing can be kept now")
    for name in _names(said.get("sources_down")):
        yield bad(f"来源 {name}:没有连上消息服务器", f"Source {name}: not connected to the broker")
    yield warn(f"中枢在运行,但 {host}:{port}/healthz 说不正常", f"The hub runs, but {host}:{port}/healthz is not ok")


def _names(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
