"""SSRF: where the server may call, in every notation of an address."""

import pytest

from trimtab.loop.access import EVERYWHERE_BUT_LINKS, Reach
from trimtab.vocabulary.kernel import Invalid, Refused

METADATA = "169.254.169.254"
INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",
    METADATA,
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "224.0.0.1",
    "255.255.255.255",
]
OUTSIDE = ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_is_called_unless_the_settings_say_so(address: str) -> None:
    assert not Reach().allows(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_called(address: str) -> None:
    assert Reach().allows(address)


def test_a_named_network_is_called_and_no_other() -> None:
    reach = Reach.read("10.0.0.0/8, fd00::/8")
    assert reach.allows("10.1.2.3")
    assert reach.allows("fd00::7")
    assert not reach.allows("192.168.1.1")
    assert not reach.allows(METADATA)


@pytest.mark.parametrize("address", [METADATA, "fe80::1", "::ffff:169.254.169.254", "0.0.0.0"])
def test_credentials_of_clouds_are_out_of_reach_even_of_any(address: str) -> None:
    assert not EVERYWHERE_BUT_LINKS.allows(address)
    assert not Reach.read("any").allows(address)


def test_any_reaches_private_networks() -> None:
    assert Reach.read("any").allows("127.0.0.1")
    assert Reach.read("any, 169.254.0.0/16").allows(METADATA)


def test_a_name_is_refused_where_any_of_its_addresses_is_inside() -> None:
    reach = Reach(resolve=lambda *_: ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(Refused, match=r"hooks\.example"):
        reach.addresses("hooks.example", 443)


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(Invalid, match="TRIMTAB_REACH"):
        Reach.read("10.0.0.0/8, somewhere")
