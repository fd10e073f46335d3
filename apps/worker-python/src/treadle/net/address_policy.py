"""Which IP addresses are of the public internet."""

import ipaddress

# IANA's special-purpose registries, and what clouds put their metadata on.
_CLOSED_V4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        # Azure answers for its platform on an address that looks public.
        "168.63.129.16/32",
    )
]
# Only this is given out for the public internet; parts of it are not, or carry IPv4 addresses inside.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = [ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]


def is_public_address(address: str) -> bool:
    """Says whether an IP address is one of the public internet. IPv4 inside of IPv6, in any of its forms, is not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _CLOSED_V4)
    return parsed in _GLOBAL_V6 and not any(parsed in network for network in _CLOSED_V6)
