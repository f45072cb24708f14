"""What the tests share. Airflow reads its environment when it is imported, so that comes first."""

import os
import tempfile

_home = tempfile.TemporaryDirectory(prefix="cali-airflow-")
os.environ["AIRFLOW_HOME"] = _home.name
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"

import pytest  # noqa: E402

ENVIRONMENT = {
    "CALI_CONSUMER_IMAGE": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/cali/consumer@sha256:{'0a' * 32}",
    "CALI_CONSUMER_NAMESPACE": "cali",
    "CALI_CONSUMER_SERVICE_ACCOUNT": "consumer",
    "CALI_CONSUMER_CONFIG_MAP": "consumer-config",
    "CALI_CONSUMER_SECRET": "consumer-secret",
}


@pytest.fixture
def environment(monkeypatch):
    """The environment as the chart gives it, without Slack."""
    for name in os.environ:
        if name.startswith("CALI_"):
            monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch
