from datetime import date

import pytest

from cali_dags.settings import Settings, SettingsError
from conftest import ENVIRONMENT


def test_what_is_there_is_read():
    settings = Settings.from_environment(
        {**ENVIRONMENT, "CALI_SLACK_WEBHOOK_URL": "https://hooks.slack.com/x", "PATH": "/bin"}
    )
    assert settings.consumer_namespace == "cali"
    assert settings.slack_webhook_url.get_secret_value() == "https://hooks.slack.com/x"
    assert settings.first_day is None


def test_empty_counts_as_not_there():
    settings = Settings.from_environment(
        {**ENVIRONMENT, "CALI_SLACK_WEBHOOK_URL": "", "CALI_DAGS_FIRST_DAY": ""}
    )
    assert settings.slack_webhook_url is None
    assert settings.first_day is None


def test_every_problem_is_told_at_once_with_what_is_allowed():
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"CALI_CONSUMER_IMAGE": "cali/consumer:latest"})
    text = str(caught.value)
    assert text.startswith("the environment has 5 problem(s):\n")
    assert "CALI_CONSUMER_IMAGE: given 'cali/consumer:latest', allowed: an image by digest" in text
    for name in ENVIRONMENT:
        assert name in text
    assert "CALI_CONSUMER_NAMESPACE: given nothing, allowed: the namespace" in text


@pytest.mark.parametrize(
    "image",
    [
        "consumer",
        "consumer:1.2.3",
        f"consumer@sha256:{'0a' * 31}",
        f"consumer@sha256:{'0A' * 32}",
        f"a b@sha256:{'0a' * 32}",
        f"@sha256:{'0a' * 32}",
        f"consumer@sha256:{'0a' * 32}\n",
    ],
)
def test_an_image_without_a_digest_is_refused(image):
    with pytest.raises(SettingsError, match="CALI_CONSUMER_IMAGE"):
        Settings.from_environment({**ENVIRONMENT, "CALI_CONSUMER_IMAGE": image})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CALI_CONSUMER_NAMESPACE", "Cali"),
        ("CALI_CONSUMER_NAMESPACE", "a.b"),
        ("CALI_CONSUMER_NAMESPACE", "a" * 64),
        ("CALI_CONSUMER_CONFIG_MAP", "-a"),
        ("CALI_CONSUMER_SECRET", "{{ ds }}"),
        ("CALI_DAGS_FIRST_DAY", "2026-02-30"),
        ("CALI_DAGS_FIRST_DAY", "yesterday"),
    ],
)
def test_what_kubernetes_or_the_calendar_does_not_know_is_refused(name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({**ENVIRONMENT, name: value})


def test_a_wrong_webhook_is_not_shown():
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({**ENVIRONMENT, "CALI_SLACK_WEBHOOK_URL": "xoxb-no-url"})
    assert "CALI_SLACK_WEBHOOK_URL: given [redacted]" in str(caught.value)
    assert "xoxb" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_webhook_is_not_shown_with_the_settings():
    settings = Settings.from_environment(
        {**ENVIRONMENT, "CALI_SLACK_WEBHOOK_URL": "https://hooks.slack.com/s3cret"}
    )
    assert "s3cret" not in repr(settings)


def test_first_day():
    settings = Settings.from_environment({**ENVIRONMENT, "CALI_DAGS_FIRST_DAY": "2026-11-01"})
    assert settings.first_day == date(2026, 11, 1)
