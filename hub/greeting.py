"""What a start prints: where the pages are, and how the first visitor becomes the administrator."""

from __future__ import annotations

import socket

import segno

from hub.app import Hub


def address(hub: Hub) -> str:
    """Where a browser finds the pages: the public address, else this machine's on its network."""
    if hub.public_url:
        return hub.public_url.rstrip("/")
    scheme = "https" if hub.config.web.tls_cert_file else "http"
    host, port = hub.socket.getsockname()[:2]
    return f"{scheme}://{lan_address() if host in ('0.0.0.0', '::') else host}:{port}"


def desk_lines(hub: Hub) -> list[str]:
    """The desk; with the one-time setup token as long as nobody is the administrator."""
    if not hub.keys.setup_token:
        return [f"管理 desk: {address(hub)}/"]
    return [
        f"管理 desk: {address(hub)}/setup?token={hub.keys.setup_token}",
        f"一次性设置口令 one-time setup token: {hub.keys.setup_token}",
    ]


def run_greeting(hub: Hub) -> str:
    """For `hub run`: the desk's address, with a QR code while it still has to be set up."""
    lines = desk_lines(hub)
    if hub.keys.setup_token:
        lines.append(qr_text(segno.make(lines[0].partition(": ")[2], error="l")))
    return "\n".join(lines)


def lan_address() -> str:
    """The address that a phone on the same network would use; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: only asks the routing table
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def qr_text(code: segno.QRCode) -> str:
    """Half blocks: readable in any terminal."""
    rows = [list(row) for row in code.matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    glyph = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    return "\n".join(
        "".join(glyph[int(bool(upper)), int(bool(lower))] for upper, lower in zip(rows[n], rows[n + 1], strict=True))
        for n in range(0, len(rows), 2)
    )
