"""The records of a sender's domain, asked of a real name server on this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from kit.mail import sender_domain
from kit.mail.sender_domain import NoAnswer, domain_of, faults, leads_nowhere

GOOD = {
    "team.org.uk": ["some-other-proof=1", "v=spf1 include:mail.provider.net -all"],
    "s1._domainkey.team.org.uk": ["v=DKIM1; k=rsa; p=MIGfMA0G"],
    "_dmarc.team.org.uk": ["v=DMARC1; p=quarantine"],
}


@contextmanager
def name_server(records: dict[str, list[str]]) -> Iterator[dns.resolver.Resolver]:
    """A name server that knows these TXT records and no other name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind(("127.0.0.1", 0))
        here.settimeout(0.1)
        stopping = threading.Event()

        def answer() -> None:
            while not stopping.is_set():
                try:
                    wire, asker = here.recvfrom(4096)
                except TimeoutError:
                    continue
                here.sendto(_answer(wire, records), asker)

        thread = threading.Thread(target=answer)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], here.getsockname()[1]
        yield resolver
        stopping.set()
        thread.join()


def _answer(wire: bytes, records: dict[str, list[str]]) -> bytes:
    asked = dns.message.from_wire(wire)
    reply = dns.message.make_response(asked)
    reply.flags |= dns.flags.RA
    name = asked.question[0].name
    texts = records.get(name.to_text(omit_final_dot=True))
    if texts is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    else:
        quoted = [" ".join(f'"{text[i : i + 200]}"' for i in range(0, len(text), 200)) for text in texts]
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *quoted))
    return reply.to_wire()


def wrong(records: dict[str, list[str]], domain: str = "team.org.uk", selector: str = "s1") -> list[str]:
    with name_server(records) as resolver:
        return [words for words, _ in faults(domain, selector, resolver)]


def test_a_domain_that_is_set_up_has_no_fault() -> None:
    assert wrong(GOOD) == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"team.org.uk": ["v=spf10 -all"]}, "team.org.uk has no SPF record"),
        ({"team.org.uk": ["v=spf1 -all", "v=spf1 a ~all"]}, "team.org.uk has 2 SPF records, which counts as none"),
        ({"team.org.uk": ["v=spf1 a +all"]}, "The SPF record of team.org.uk lets anybody send in its name"),
        ({"s1._domainkey.team.org.uk": ["v=DKIM1; p="]}, "There is no DKIM key at s1._domainkey.team.org.uk"),
        ({"_dmarc.team.org.uk": []}, "team.org.uk has no DMARC record"),
        (
            {"_dmarc.team.org.uk": ["v=DMARC1; rua=mailto:x@y.z"]},
            "The DMARC record at _dmarc.team.org.uk has no policy",
        ),
    ],
)
def test_each_fault_is_named(changed: dict[str, list[str]], says: str) -> None:
    records = {name: texts for name, texts in (GOOD | changed).items() if texts}
    assert wrong(records) == [says]


def test_a_long_key_comes_in_pieces() -> None:
    assert wrong(GOOD | {"s1._domainkey.team.org.uk": ["v=DKIM1; k=rsa; " + " " * 250 + "p=MIGf"]}) == []


def test_the_domain_above_answers_for_dmarc() -> None:
    below = {name.replace("team.org.uk", "mail.team.org.uk"): texts for name, texts in GOOD.items()}
    below["_dmarc.team.org.uk"] = below.pop("_dmarc.mail.team.org.uk")
    assert wrong(below, "mail.team.org.uk") == []


def test_without_a_selector_nobody_can_look() -> None:
    assert wrong(GOOD, selector="") == ["It is not known whether mails are signed (DKIM)"]


def test_no_name_server_is_not_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_domain, "SECONDS", 0.2)
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], 9
    with pytest.raises(NoAnswer):
        faults("team.org.uk", "s1", resolver)


@pytest.mark.parametrize(
    ("domain", "nowhere"), [("securebase.example", True), ("a.test", True), ("team.org.uk", False), ("", True)]
)
def test_names_for_examples_are_known(domain: str, nowhere: bool) -> None:
    assert leads_nowhere(domain) is nowhere


def test_the_domain_is_that_of_the_address() -> None:
    assert domain_of("Secure Base <No-Reply@Team.org.uk>") == "team.org.uk"
