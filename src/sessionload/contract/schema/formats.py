"""The formats that are checked, each strictly as its standard says.

A format speaks of texts, or of numbers, and holds for every other value. What is not in `FORMATS` is no
error, but it is not checked either, and callers say so. Each expression takes linear time.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from datetime import date
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, cast

from sessionload.contract.json_data.exact_numbers import exact, is_number
from sessionload.contract.schema.ecma_pattern import EcmaPattern
from sessionload.errors import ValueProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOTHING_TO_CHECK = frozenset({"binary", "password"})
"""Formats that allow every text."""

_LARGEST_SINGLE = float.fromhex("0x1.fffffep+127")

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_DURATION = re.compile(
    r"P(?=[0-9T])(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)?"
    r"(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?)"
)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LABEL = r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_HOSTNAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ATOM = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*"')
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*", re.DOTALL)
_URI = re.compile(
    r"(?:(?P<scheme>[A-Za-z][0-9A-Za-z+.-]*):)?"
    r"(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_ENCODED = r"%[0-9A-Fa-f]{2}"
_PLAIN = r"0-9A-Za-z._~!$&'()*+,;=\-"
_AUTHORITY = re.compile(
    rf"(?:(?:[{_PLAIN}:]|{_ENCODED})*@)?"
    rf"(?:\[(?P<literal>[^\]]*)\]|(?:[{_PLAIN}]|{_ENCODED})*)(?::[0-9]*)?"
)
_FUTURE_ADDRESS = re.compile(rf"[Vv][0-9A-Fa-f]+\.[{_PLAIN}:]+")
_PATH = re.compile(rf"(?:[{_PLAIN}:@/]|{_ENCODED})*")
_QUERY = re.compile(rf"(?:[{_PLAIN}:@/?]|{_ENCODED})*")


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if not found:
        return False
    try:
        # RFC 3339 has the year 0000, a leap year, which Python does not know
        date(int(found[1]) or 2000, int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    found = _TIME.fullmatch(text)
    if not found:
        return False
    hour, minute, second, sign, ahead_hours, ahead_minutes = found.groups()
    if second != "60":
        return True
    ahead = (int(ahead_hours) * 60 + int(ahead_minutes)) * (-1 if sign == "-" else 1) if sign else 0
    return (int(hour) * 60 + int(minute) - ahead) % 1440 == 1439  # a leap second ends a day of UTC


def _is_date_time(text: str) -> bool:
    return _is_date(text[:10]) and text[10:11] in {"T", "t"} and _is_time(text[11:])


def _is_hostname(text: str) -> bool:
    return len(text) <= 253 and bool(_HOSTNAME.fullmatch(text))


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return text.isascii()


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return text.isascii() and "%" not in text


def _is_email(text: str) -> bool:
    """Tell whether a text is a mailbox of RFC 5321."""
    local, at, domain = text.rpartition("@")
    if not at or len(local) > 64 or not _LOCAL_PART.fullmatch(local):
        return False
    if not (domain.startswith("[") and domain.endswith("]")):
        return _is_hostname(domain)
    literal = domain[1:-1]
    return _is_ipv6(literal[5:]) if literal[:5].lower() == "ipv6:" else _is_ipv4(literal)


def _is_uri_reference(text: str) -> bool:
    scheme, authority, path, query, fragment = _parts_of_uri(text).groups()
    if not (_PATH.fullmatch(path) and _QUERY.fullmatch(query or "") and _QUERY.fullmatch(fragment or "")):
        return False
    if authority is not None:
        return _is_authority(authority)
    return bool(scheme) or ":" not in path.partition("/")[0]


def _is_authority(text: str) -> bool:
    found = _AUTHORITY.fullmatch(text)
    if not found:
        return False
    literal = found["literal"]
    return literal is None or _is_ipv6(literal) or bool(_FUTURE_ADDRESS.fullmatch(literal))


def _is_uri(text: str) -> bool:
    return _is_uri_reference(text) and bool(_parts_of_uri(text)["scheme"])


def _parts_of_uri(text: str) -> re.Match[str]:
    return cast("re.Match[str]", _URI.fullmatch(text))  # every text has this form


def _is_base64(text: str) -> bool:
    try:
        a2b_base64(text.encode("ascii"), strict_mode=True)
    except (Error, UnicodeEncodeError):
        return False
    return True


def _is_regex(text: str) -> bool:
    try:
        EcmaPattern(text)
    except ValueProblem:
        return False
    return True


_OF_TEXTS: Mapping[str, Callable[[str], object]] = {
    "byte": _is_base64,
    "date": _is_date,
    "date-time": _is_date_time,
    "duration": _DURATION.fullmatch,
    "email": _is_email,
    "hostname": _is_hostname,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "json-pointer": _POINTER.fullmatch,
    "regex": _is_regex,
    "time": _is_time,
    "uri": _is_uri,
    "uri-reference": _is_uri_reference,
    "uuid": _UUID.fullmatch,
}
_OF_NUMBERS: Mapping[str, Callable[[int | float], bool]] = {
    "double": lambda _: True,
    "float": lambda number: abs(number) <= _LARGEST_SINGLE,
    "int32": lambda number: _is_within(number, 31),
    "int64": lambda number: _is_within(number, 63),
}


def _is_within(number: float, bits: int) -> bool:
    return -(1 << bits) <= number < 1 << bits and exact(number).denominator == 1


def _of_texts(holds: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, str) or bool(holds(value))


def _of_numbers(holds: Callable[[int | float], bool]) -> Callable[[Any], bool]:
    return lambda value: not is_number(value) or holds(value)


FORMATS: Mapping[str, Callable[[Any], bool]] = {
    **{name: _of_texts(holds) for name, holds in _OF_TEXTS.items()},
    **{name: _of_numbers(holds) for name, holds in _OF_NUMBERS.items()},
}
"""The test of each format that is checked."""
