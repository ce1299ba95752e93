"""Where the server itself may go: whoever names an address must not reach through the server what they cannot reach themselves."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from trimtab.vocabulary.kernel import Invalid, Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 within IPv6, RFC 6052."""
ANY = "any"


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the resolver of the system; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What may be called: every public address, and the networks that the settings name.

    `anywhere` adds private networks and this machine; addresses of one link, where clouds keep their credentials, never.
    """

    networks: tuple[Network, ...] = ()
    anywhere: bool = False
    resolve: Resolve = field(default=resolve)

    @staticmethod
    def read(text: str) -> "Reach":
        """The reach that the setting names: networks with commas between them, or `any`; raises `Invalid`."""
        words = [one.strip() for one in text.split(",") if one.strip()]
        try:
            networks = tuple(ipaddress.ip_network(one, strict=False) for one in words if one != ANY)
        except ValueError as error:
            raise Invalid(
                f"TRIMTAB_REACH: {error}", hint="networks such as 10.0.0.0/8 with commas between, or any"
            ) from error
        return Reach(networks=networks, anywhere=ANY in words)

    def allows(self, text: str) -> bool:
        """Whether an address may be called, also where it is hidden in another notation."""
        address = plain(ipaddress.ip_address(text))
        if any(address.version == one.version and address in one for one in self.networks):
            return True
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            return False
        return self.anywhere or address.is_global

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be called; raises `Refused` where one of them may not, OSError where there is none.

        The caller connects to one of these and asks nobody again: a name may mean something else a moment later.
        """
        found = list(self.resolve(host.strip("[]"), port))
        if not all(self.allows(one) for one in found):
            raise Refused(
                f"{host} is an address inside a network, where the server does not call",
                hint="TRIMTAB_REACH names the networks in which it may",
                code="reach",
            )
        return found


def plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in TRANSLATED:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


EVERYWHERE_BUT_LINKS = Reach(anywhere=True)
