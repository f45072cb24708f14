"""What the DAGs are told by the environment of Airflow's pods."""

import os
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

# Names that Kubernetes gives to objects: RFC 1123, https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Name = Annotated[str, StringConstraints(max_length=253, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
ImageByDigest = Annotated[str, StringConstraints(pattern=r"^[^\s@]+@sha256:[0-9a-f]{64}$")]


def _is_http_url(secret: SecretStr) -> SecretStr:
    TypeAdapter(HttpUrl).validate_python(secret.get_secret_value())
    return secret


class SettingsError(Exception):
    """The environment is wrong; the message lists every problem: where, given, allowed."""


class Settings(BaseModel):
    """The environment's variables of the DAGs. One that is empty counts as not there."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    consumer_image: ImageByDigest = Field(
        alias="CALI_CONSUMER_IMAGE",
        description="an image by digest: <repository>@sha256:<64 hex digits>",
    )
    consumer_namespace: Label = Field(
        alias="CALI_CONSUMER_NAMESPACE",
        description="the namespace in which the consumer runs",
    )
    consumer_service_account: Name = Field(
        alias="CALI_CONSUMER_SERVICE_ACCOUNT",
        description="the consumer's service account, which AWS gives the role to",
    )
    consumer_config_map: Name = Field(
        alias="CALI_CONSUMER_CONFIG_MAP",
        description="the ConfigMap that is the consumer's environment",
    )
    consumer_secret: Name = Field(
        alias="CALI_CONSUMER_SECRET",
        description="the Secret that is the consumer's environment",
    )
    slack_webhook_url: Annotated[SecretStr, AfterValidator(_is_http_url)] | None = Field(
        None,
        alias="CALI_SLACK_WEBHOOK_URL",
        description="an http(s) URL. Secret. Default: none, nothing is posted",
    )
    first_day: date | None = Field(
        None,
        alias="CALI_DAGS_FIRST_DAY",
        description="YYYY-MM-DD: days from here on that have no run get one. "
        "Default: none, only the last day gets one",
    )

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Reads the environment. Raises SettingsError."""
        try:
            return cls.model_validate({name: value for name, value in env.items() if value != ""})
        except ValidationError as error:
            problems = [_problem(str(each["loc"][0]), env) for each in error.errors()]
            raise SettingsError(
                f"the environment has {len(problems)} problem(s):\n  " + "\n  ".join(problems)
            ) from None


def _problem(variable: str, env: Mapping[str, str]) -> str:
    field = next(f for f in Settings.model_fields.values() if f.alias == variable)
    given = repr(env[variable][:100]) if env.get(variable) else "nothing"
    if field is Settings.model_fields["slack_webhook_url"]:
        given = "[redacted]"
    return f"{variable}: given {given}, allowed: {field.description}"
