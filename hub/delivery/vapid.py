"""The hub's key for web push (VAPID, RFC 8292): made once, kept in the table ``setting``, shown to browsers in public."""

from __future__ import annotations

import base64

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

HOLDS_S = 12 * 3600
"""A push service refuses a signature that holds for more than 24 h."""


def make_vapid_key() -> str:
    """A new private key as PEM (PKCS 8). A browser that subscribed with another must subscribe again."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def vapid_public(pem: str) -> str:
    """The public half as a browser's ``applicationServerKey`` wants it: base64url of the uncompressed point."""
    return b64(
        _read(pem).public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )


def sign_vapid(pem: str, origin: str, subject: str, now_ms: int) -> dict[str, str]:
    """The Authorization header for one push service; ValueError for a key that is none."""
    claims = {"aud": origin, "exp": now_ms // 1000 + HOLDS_S, "sub": subject}
    head = {"typ": "JWT", "alg": "ES256"}
    signed = ".".join(b64(msgspec.json.encode(part)) for part in (head, claims))
    r, s = utils.decode_dss_signature(_read(pem).sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return {"Authorization": f"vapid t={signed}.{signature}, k={vapid_public(pem)}"}


def b64(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _read(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not an elliptic curve key")
    return key
