"""The settings: the only reader of the environment. Each begins with `PORTAL_`; README has the table."""

import secrets
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from kit.mail import SmtpMailer
from kit.store import check_url as check_store_url

SHORTEST_KEY = 32


class Environment(StrEnum):
    """Where the portal runs. Production unless told otherwise: forgetting a setting must not open a door."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class Settings(BaseSettings):
    """Typed and checked at start-up. Raises `pydantic.ValidationError`, which names each wrong setting."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", extra="ignore")

    environment: Environment = Environment.PRODUCTION
    database_url: str = "sqlite:///var/portal.sqlite"
    store_url: str = ""
    s3_endpoint: str = ""
    s3_region: str = ""
    s3_key: str = ""
    s3_secret: SecretStr = SecretStr("")
    store_copies: str = ""
    store_copies_mb: Annotated[int, Field(ge=0)] = 4000
    secret_key: SecretStr = SecretStr("")
    public_url: str = "http://localhost:8000"
    former_public_urls: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    smtp_url: str = "smtp://127.0.0.1:2525"
    mail_from: str = "Secure Base <no-reply@securebase.example>"
    dkim_selector: str = ""
    brand_name: str = "Secure Base"
    brand_tagline: str = "Attachment Based Mentoring"
    help_email: str = "help@securebase.example"
    demo_mail_url: str = ""
    stripe_secret_key: SecretStr = SecretStr("")
    stripe_webhook_secret: SecretStr = SecretStr("")
    stripe_api_base: str = ""
    backup_folder: str = ""
    upload_limit_mb: Annotated[int, Field(ge=1, le=2000)] = 200
    second_step: Literal["", "compulsory", "offered"] = ""
    extra_hosts: Annotated[tuple[str, ...], NoDecode] = ()

    @field_validator("extra_hosts", "former_public_urls", mode="before")
    @classmethod
    def _split_at_commas(cls, given: object) -> object:
        return tuple(filter(None, given.replace(" ", "").split(","))) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _fill_and_refuse(self) -> "Settings":
        if not self.store_url:
            self.store_url = Path("var/store").resolve().as_uri()
        self.store_copies = self.store_copies or str(Path("var/store-copies").resolve())
        parts = urlsplit(self.public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("PORTAL_PUBLIC_URL must be the portal's own address, such as https://portal.example")
        for former in map(urlsplit, self.former_public_urls):
            if former.scheme not in ("http", "https") or not former.netloc or former.netloc == parts.netloc:
                raise ValueError(
                    "PORTAL_FORMER_PUBLIC_URLS are other addresses, such as https://old.example, with commas"
                )
        SmtpMailer(self.smtp_url, self.mail_from)  # raises ValueError with what is wrong
        check_store_url(self.store_url)
        self._check_stripe()
        if self.environment is Environment.PRODUCTION:
            self._refuse_unsafe()
        elif not self.secret_key.get_secret_value():
            self.secret_key = SecretStr(secrets.token_urlsafe(48))
        return self

    def _check_stripe(self) -> None:
        """Real money and pretend money never meet."""
        key = self.stripe_secret_key.get_secret_value()
        if not key:
            if self.stripe_webhook_secret.get_secret_value() or self.stripe_api_base:
                raise ValueError("the other PORTAL_STRIPE_ settings need PORTAL_STRIPE_SECRET_KEY")
            return
        if not key.startswith(("sk_live_", "rk_live_", "sk_test_", "rk_test_")):
            raise ValueError("PORTAL_STRIPE_SECRET_KEY begins with sk_live_, rk_live_, sk_test_ or rk_test_")
        if not self.stripe_webhook_secret.get_secret_value().startswith("whsec_"):
            raise ValueError("PORTAL_STRIPE_WEBHOOK_SECRET begins with whsec_: Stripe shows it beside the endpoint")
        is_live = "_live_" in key
        if is_live and not self.is_production:
            raise ValueError("PORTAL_STRIPE_SECRET_KEY is a live key: real money moves in production only")
        if self.is_production and not is_live:
            raise ValueError("PORTAL_STRIPE_SECRET_KEY is a test key: in production nobody would really pay")
        if self.stripe_api_base and self.is_production:
            raise ValueError("PORTAL_STRIPE_API_BASE is for tests and the demo: in production Stripe itself is asked")
        if self.stripe_api_base and urlsplit(self.stripe_api_base).scheme not in ("http", "https"):
            raise ValueError("PORTAL_STRIPE_API_BASE must be an address, such as http://localhost:8003")

    def _refuse_unsafe(self) -> None:
        """What a demo may do and production must not."""
        if len(self.secret_key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"PORTAL_SECRET_KEY must have at least {SHORTEST_KEY} characters in production")
        if not self.public_url.startswith("https://"):
            raise ValueError("PORTAL_PUBLIC_URL must begin with https:// in production")
        if urlsplit(self.s3_endpoint).scheme == "http" and not _is_this_machine(self.s3_endpoint):
            raise ValueError("PORTAL_S3_ENDPOINT must begin with https:// unless the bucket is on this machine")
        if self.second_step == "offered":
            raise ValueError("PORTAL_SECOND_STEP is compulsory for staff and licence managers in production")
        if self.extra_hosts:
            raise ValueError("only the host of PORTAL_PUBLIC_URL is answered in production")

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def second_step_is_compulsory(self) -> bool:
        """Whether staff and licence managers must have an authenticator app or a passkey."""
        return self.is_production or self.second_step == "compulsory"

    @property
    def collects(self) -> bool:
        """Whether somebody collects by card and Direct Debit; without, everything else goes on as it is."""
        return bool(self.stripe_secret_key.get_secret_value())

    @property
    def pay_addresses(self) -> tuple[str, ...]:
        """The addresses of pages on which people pay, to which a form of ours may lead."""
        return (self.stripe_api_base or "https://checkout.stripe.com",) if self.collects else ()

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        """The names that the portal answers to."""
        return [urlsplit(self.public_url).hostname or "", *self.extra_hosts]


def _is_this_machine(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
