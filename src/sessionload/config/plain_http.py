"""Where requests may go without TLS: this machine, and with `plain_http: allowed` a host inside a network.

Inside is a private address (RFC 1918, RFC 4193), a name that ends in `.internal`, or one of a Kubernetes
service (`.svc`, `.svc.cluster.local`). Whoever is on the way can read the key there and every session key, so
the environment must allow it in words, and the report says it.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

KEY = "plain_http"
CHOICES = ("allowed",)

_NETWORKS = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
_NAMES = (".internal", ".svc", ".svc.cluster.local")


def is_inside(host: str) -> bool:
    """Tell whether `host` is a private address, or has a name that is known inside a network only."""
    try:
        address = ip_address(host)
    except ValueError:
        return host.endswith(_NAMES)
    return any(address in network for network in _NETWORKS)
