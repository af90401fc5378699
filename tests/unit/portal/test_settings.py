"""Settings: typed, checked, and safe unless told otherwise."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from portal.settings import Environment, Settings

SAFE: dict[str, Any] = {
    "environment": "production",
    "secret_key": "k" * 40,
    "public_url": "https://portal.example",
    "database_url": "postgresql://db/portal",
    "store_url": "file:///srv/store",
}


@pytest.fixture(autouse=True)
def no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's own shell says must not decide a test."""
    import os

    for name in list(os.environ):
        if name.startswith("PORTAL_") and not name.startswith("PORTAL_TEST_"):
            monkeypatch.delenv(name)


def test_production_is_what_you_get_unless_you_say_otherwise() -> None:
    with pytest.raises(ValidationError, match="PORTAL_SECRET_KEY"):
        Settings()
    assert Settings(**SAFE).environment is Environment.PRODUCTION


@pytest.mark.parametrize(
    ("unsafe", "says"),
    [
        ({"secret_key": ""}, "PORTAL_SECRET_KEY"),
        ({"secret_key": "short"}, "PORTAL_SECRET_KEY"),
        ({"public_url": "http://portal.example"}, "https"),
        ({"public_url": "https://portal.example/sub"}, "PORTAL_PUBLIC_URL"),
        ({"public_url": "portal.example"}, "PORTAL_PUBLIC_URL"),
        ({"extra_hosts": ("localhost",)}, "only the host"),
        ({"smtp_url": "http://mail"}, "smtp"),
        ({"store_url": "ftp://x"}, "store"),
        ({"trusted_proxies": 99}, "less than or equal"),
        ({"upload_limit_mb": 0}, "greater than or equal"),
        ({"environment": "prod"}, "production"),
        ({"stripe_secret_key": "sk_test_1", "stripe_webhook_secret": "whsec_1"}, "a test key"),
        ({"stripe_secret_key": "rk_test_1", "stripe_webhook_secret": "whsec_1"}, "a test key"),
        ({"stripe_secret_key": "pk_live_1", "stripe_webhook_secret": "whsec_1"}, "begins with sk_live_"),
        ({"stripe_secret_key": "sk_live_1"}, "whsec_"),
        ({"stripe_webhook_secret": "whsec_1"}, "need PORTAL_STRIPE_SECRET_KEY"),
        ({"stripe_api_base": "http://localhost:8003"}, "need PORTAL_STRIPE_SECRET_KEY"),
        (
            {"stripe_secret_key": "sk_live_1", "stripe_webhook_secret": "whsec_1", "stripe_api_base": "http://x"},
            "Stripe itself is asked",
        ),
        (
            {"environment": "demo", "stripe_secret_key": "sk_live_1", "stripe_webhook_secret": "whsec_1"},
            "real money moves in production only",
        ),
    ],
)
def test_unsafe_or_wrong_values_are_refused(unsafe: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Settings(**(SAFE | unsafe))


def test_outside_production_a_key_is_made_and_two_are_not_the_same() -> None:
    first, second = (Settings(environment=Environment.TEST) for _ in range(2))
    assert len(first.secret_key.get_secret_value()) >= 32
    assert first.secret_key != second.secret_key


def test_the_environment_is_read_and_extra_hosts_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PORTAL_ENVIRONMENT": "demo",
        "PORTAL_PUBLIC_URL": "http://localhost:8000",
        "PORTAL_EXTRA_HOSTS": "127.0.0.1,other.test",
    }.items():
        monkeypatch.setenv(name, value)
    assert Settings().hosts == ["localhost", "127.0.0.1", "other.test"]


def test_the_secret_key_is_never_printed() -> None:
    assert "kkkk" not in repr(Settings(**SAFE))


def test_the_readme_has_every_setting() -> None:
    written = (Path(__file__).parents[3] / "README.md").read_text()
    named = set(re.findall(r"PORTAL_[A-Z0-9_]+", written))
    assert named == {f"PORTAL_{name.upper()}" for name in Settings.model_fields}
