"""Tells Slack that a task has failed."""

import logging
import re
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from airflow.sdk.log import mask_secret
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.webhook import WebhookClient

from cali_dags.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
LONGEST_REASON = 2_900
"""Characters, escaped; Slack takes 3,000 in a block."""

# The client's own log names the webhook's address, which is the secret.
_silent = logging.getLogger(f"{__name__}.client")
_silent.setLevel(logging.CRITICAL + 1)

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MENTION = re.compile(r"@(?=channel|here|everyone)", re.IGNORECASE)


def tell_slack(context: Mapping[str, Any]) -> None:
    """Posts which task failed, for which day and why. Airflow calls it after the last try.

    A post that fails is in the log of the task, and changes nothing of its failure.
    """
    webhook_url = Settings.from_environment().slack_webhook_url
    if webhook_url is None:
        log.warning("no CALI_SLACK_WEBHOOK_URL: nobody is told of the failure")
        return
    url = webhook_url.get_secret_value()
    mask_secret(url)
    client = WebhookClient(
        url,
        timeout=TIMEOUT_SECONDS,
        logger=_silent,
        retry_handlers=[
            ConnectionErrorRetryHandler(max_retry_count=2),
            RateLimitErrorRetryHandler(max_retry_count=2),
            ServerErrorRetryHandler(max_retry_count=2),
        ],
    )
    try:
        answer = client.send(**failure_message(context), unfurl_links=False, unfurl_media=False)
    except Exception as error:  # noqa: BLE001  whatever it is, its text may hold the URL
        log.error("Slack cannot be told of the failure: %s", type(error).__name__)
        return
    # A proxy or a login page answers 200, too.
    if answer.status_code != HTTPStatus.OK or answer.body.strip() != "ok":
        log.error("Slack did not take the message: it answered %s", answer.status_code)


def failure_message(context: Mapping[str, Any]) -> dict[str, Any]:
    """The message's text and blocks."""
    ti = context["ti"]
    day = context.get("ds", "a day that is not known")
    title = f"{ti.dag_id} failed for {day}"
    error = context.get("exception")
    reason = f"{type(error).__name__}: {error}" if error else "Airflow gives no reason"
    tries = f"try {ti.try_number} of {ti.max_tries + 1}"
    task = f"Task `{ti.task_id}`, {tries}. To run the day again, clear the task in Airflow."
    return {
        "text": literal(title),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
            {"type": "section", "text": {"type": "mrkdwn", "text": task}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"```{end_of(literal(reason))}```"},
            },
        ],
    }


def end_of(escaped: str) -> str:
    """The text, or its end, which says best what went wrong; no escaped character is cut in two."""
    if len(escaped) <= LONGEST_REASON:
        return escaped
    return f"…{re.sub('^[a-z]*;', '', escaped[-LONGEST_REASON:])}"


def literal(text: str) -> str:
    """Text that Slack shows as it is, also in a code block: no mention, link or end of the block.

    What a task fails with may quote log text, which is hostile. Slack asks for `& < >` to be escaped:
    https://docs.slack.dev/messaging/formatting-message-text
    """
    parted = _MENTION.sub("@\u200b", _CONTROLS.sub("", text))
    return escape(parted, quote=False).replace("`", "ˋ")
