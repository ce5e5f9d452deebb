"""The address of a runtime: scheme and host in full, a port, and a base path, if its document has none.

A key travels over TLS, or not further than this machine, or than a network where that is allowed. Common
mistakes have a message of their own; what remains must match one pattern. Resolvers also take `127.1`,
`2130706433` and `0x7f.1` for addresses, so a host whose last label is a number must be a plain IPv4 address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self

from sessionload.config.plain_http import is_inside
from sessionload.errors import ValueProblem
from sessionload.stub.settings import is_loopback

_URL = re.compile(r"((?i:https?))://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?(/.*)?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*/?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"http": 80, "https": 443}
_METADATA = {"fd00:ec2::254", "metadata.google.internal"}
_LIKE = "write it like https://general-runtime.voiceflow.com"


@dataclass(frozen=True, slots=True)
class Url:
    """Where requests go. `url` is `scheme://host[:port]` without a slash at its end; `path` may be none."""

    url: str
    host: str
    port: int
    tls: bool
    path: str | None = None
    """What stands before the paths of the document; a single slash says that nothing does."""

    @classmethod
    def parse(cls, text: str, *, plain_http: bool = False) -> Self:
        """Return the address that `text` names; with `plain_http`, it may be inside a network without TLS.

        Raises `ValueProblem`, which does not repeat `text`: it may hold a password.
        """
        _refuse_parts(text)
        match = _URL.fullmatch(text)
        if not match:
            raise ValueProblem("this is not an address of a server", _LIKE)
        # A dot at the end only says that the name is a whole one; certificates never have it.
        scheme, written, digits = match[1].lower(), match[2].lower().removesuffix("."), match[3]
        host = _host(written)
        port = int(digits) if digits else _PORTS[scheme]
        if not 1 <= port <= 65535:
            raise ValueProblem("a port is a number from 1 to 65535", _LIKE)
        if scheme == "http" and not is_loopback(host):
            _refuse_plain(host, plain_http=plain_http)
        shown = f":{port}" if digits and port != _PORTS[scheme] else ""
        return cls(f"{scheme}://{written}{shown}", host, port, scheme == "https", _path(match[4]))


def _refuse_plain(host: str, *, plain_http: bool) -> None:
    """Refuse a host that requests must not travel to without TLS."""
    if not is_inside(host):
        message = "http is for this machine only, and a key must not travel without TLS"
        where = "private addresses and names in .internal or .svc"
        raise ValueProblem(message, f"write https:// (plain_http: allowed is for {where})")
    if not plain_http:
        message = "without TLS, whoever is on the way to this address can read the key"
        raise ValueProblem(message, "write https://, or add plain_http: allowed if that network is trusted")


def _refuse_parts(text: str) -> None:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueProblem(
            "an address has printable ASCII characters only", "write other names in their xn-- form"
        )
    if "://" not in text:
        raise ValueProblem(
            "an address begins with https:// (http:// on this machine, or where plain_http is allowed)",
            "add it",
        )
    rest = text.partition("://")[2]
    if "@" in rest:
        raise ValueProblem(
            "a user name or password does not belong into an address", "remove all up to the @"
        )
    if "?" in rest or "#" in rest:
        raise ValueProblem("a query or fragment does not belong into an address", "end it before that")


def _path(text: str | None) -> str | None:
    if text is not None and (not _PATH.fullmatch(text) or {".", ".."}.intersection(text.split("/"))):
        raise ValueProblem(
            "a base path has letters, digits and a few signs, and no part that is empty or a dot or two",
            "write it like https://gw.example/runtime/v1",
        )
    return text


def _host(written: str) -> str:
    if written.startswith("["):
        return _checked_ip(_ip(written[1:-1], IPv6Address))
    labels = written.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        return _checked_ip(_ip(written, IPv4Address))
    if len(written) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueProblem("this host is not a name of the DNS", _LIKE)
    if written in _METADATA:
        raise ValueProblem(_METADATA_FAULT, "write the address of a runtime")
    return written


def _ip(text: str, kind: type[IPv4Address | IPv6Address]) -> IPv4Address | IPv6Address:
    try:
        return kind(text)
    except ValueError:
        raise ValueProblem("this host is not a whole IP address", _LIKE) from None


def _checked_ip(address: IPv4Address | IPv6Address) -> str:
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped
    if mapped:
        raise ValueProblem("this is an IPv4 address in disguise", f"write it as {mapped}")
    if address.is_link_local or str(address) in _METADATA:
        raise ValueProblem(_METADATA_FAULT, "write the address of a runtime")
    if address.is_unspecified or address.is_multicast:
        raise ValueProblem("no single server has this address", "write the address of one")
    return str(ip_address(address))


_METADATA_FAULT = "this address hands out the secrets of a cloud machine"
