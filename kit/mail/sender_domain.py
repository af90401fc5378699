"""Do other mail servers believe our sender? Its SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) records."""

import re
from email.utils import parseaddr

import dns.exception
import dns.resolver

# Names that lead nowhere on purpose (RFC 2606, RFC 6761).
NOWHERE = ("example", "test", "invalid", "localhost", "local")
SECONDS = 5.0


class NoAnswer(Exception):
    """The name servers could not be asked."""


def domain_of(sender: str) -> str:
    """The domain of `Name <address>`."""
    return parseaddr(sender)[1].rpartition("@")[2].lower()


def leads_nowhere(domain: str) -> bool:
    """True for names that are set aside for examples and tests."""
    return domain.rpartition(".")[2] in NOWHERE or domain.endswith((".example.com", ".example.org")) or not domain


def faults(domain: str, selector: str, resolver: dns.resolver.Resolver | None = None) -> list[tuple[str, str]]:
    """What is wrong with the records of a domain, each with how to mend it. Raises `NoAnswer`."""
    asked = resolver or dns.resolver.Resolver()
    return [*_spf(asked, domain), *_dkim(asked, domain, selector), *_dmarc(asked, domain)]


def _spf(resolver: dns.resolver.Resolver, domain: str) -> list[tuple[str, str]]:
    found = [text for text in _texts(resolver, domain) if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]
    if not found:
        return [(f"{domain} has no SPF record", "set the TXT record that your mail provider names (it begins v=spf1)")]
    if len(found) > 1:
        return [(f"{domain} has {len(found)} SPF records, which counts as none", "join them into one TXT record")]
    if re.search(r"(^|\s)\+?all\s*$", found[0], re.IGNORECASE):
        return [(f"The SPF record of {domain} lets anybody send in its name", "end it with ~all or -all")]
    return []


def _dkim(resolver: dns.resolver.Resolver, domain: str, selector: str) -> list[tuple[str, str]]:
    if not selector:
        return [
            ("It is not known whether mails are signed (DKIM)", "name your provider's selector in PORTAL_DKIM_SELECTOR")
        ]
    name = f"{selector}._domainkey.{domain}"
    keys = [text for text in _texts(resolver, name) if re.search(r"(^|;)\s*p=[^;\s]", text)]
    return [] if keys else [(f"There is no DKIM key at {name}", "set the record that your mail provider names")]


def _dmarc(resolver: dns.resolver.Resolver, domain: str) -> list[tuple[str, str]]:
    """A domain without a record of its own takes that of the domain above it."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        name = "_dmarc." + ".".join(labels[start:])
        found = [text for text in _texts(resolver, name) if re.match(r"v=DMARC1\s*(;|$)", text, re.IGNORECASE)]
        if found:
            has_policy = re.search(r";\s*p\s*=\s*(none|quarantine|reject)\b", found[0], re.IGNORECASE)
            return (
                []
                if has_policy
                else [(f"The DMARC record at {name} has no policy", "add p=none, or better p=quarantine")]
            )
    return [(f"{domain} has no DMARC record", f"set the TXT record _dmarc.{domain} to “v=DMARC1; p=none” or stricter")]


def _texts(resolver: dns.resolver.Resolver, name: str) -> list[str]:
    try:
        answer = resolver.resolve(name, "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer(str(error).splitlines()[0]) from error
    return [b"".join(record.strings).decode(errors="replace") for record in answer]
