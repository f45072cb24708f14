import json
import logging
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from cali_dags.slack import failure_message, literal, tell_slack

PATH = "/services/T0/B0/s3cret"


@pytest.fixture
def slack():
    """A webhook: what it was sent, and what it answers next."""
    told = SimpleNamespace(posts=[], answers=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status, text, headers = told.answers.pop(0) if told.answers else (200, "ok", {})
            told.posts.append((status, json.loads(body)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}{PATH}"
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def context(error=None, **over):
    ti = SimpleNamespace(dag_id="cali_quality_daily", task_id="quality", try_number=4, max_tries=3)
    return {"ti": ti, "ds": "2026-01-25", "exception": error, **over}


def texts(message):
    return [message["text"], *(block["text"]["text"] for block in message["blocks"])]


def test_a_failure_is_posted_once(environment, slack):
    environment.setenv("CALI_SLACK_WEBHOOK_URL", slack.url)
    tell_slack(context(RuntimeError("Pod x returned a failure.")))
    ((status, message),) = slack.posts
    assert status == 200
    assert message["text"] == "cali_quality_daily failed for 2026-01-25"
    assert "`quality`, try 4 of 4" in texts(message)[2]
    assert texts(message)[3] == "```RuntimeError: Pod x returned a failure.```"
    assert message["unfurl_links"] is False


@pytest.mark.parametrize("answer", [(503, "no", {}), (429, "rate_limited", {"Retry-After": "0"})])
def test_a_busy_slack_is_asked_again(environment, slack, answer):
    environment.setenv("CALI_SLACK_WEBHOOK_URL", slack.url)
    slack.answers.append(answer)
    tell_slack(context())
    assert [status for status, _ in slack.posts] == [answer[0], 200]


@pytest.mark.parametrize("answer", [(404, "no_service", {}), (200, "<html>Log in</html>", {})])
def test_a_refusal_is_logged_without_the_address(environment, slack, caplog, answer):
    environment.setenv("CALI_SLACK_WEBHOOK_URL", slack.url)
    slack.answers.append(answer)
    caplog.set_level(logging.INFO)
    tell_slack(context())
    assert f"it answered {answer[0]}" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_slack_that_is_not_there_is_logged_without_the_address(environment, caplog):
    caplog.set_level(logging.DEBUG)
    environment.setenv("CALI_SLACK_WEBHOOK_URL", "http://127.0.0.1:1" + PATH)
    tell_slack(context())
    assert "Slack cannot be told of the failure" in caplog.text
    assert "s3cret" not in caplog.text


def test_without_a_webhook_the_log_says_that_nobody_is_told(environment, slack, caplog):
    tell_slack(context())
    assert slack.posts == []
    assert "nobody is told" in caplog.text
    assert environment


@pytest.mark.parametrize(
    "hostile",
    [
        "<!channel>",
        "<!here|x> <@U1> <#C1>",
        "@channel @here @EVERYONE",
        "``` *out of the block* <https://evil.example|click>",
        "a & b &lt;!channel&gt;",
        "\x1b[31mred\x07 \u202eright to left \ud800",
        "x" * 5_000,
        "<" * 5_000,
    ],
)
def test_what_a_task_fails_with_is_shown_as_it_is(hostile):
    reason = texts(failure_message(context(RuntimeError(hostile))))[3]
    assert len(reason) <= 3_000
    inside = reason.removeprefix("```").removesuffix("```")
    assert not any(mark in inside for mark in "<>`\x1b\x07\u202e\ud800")
    assert "@channel" not in inside.lower()
    assert "@here" not in inside.lower()
    assert "@everyone" not in inside.lower()
    json.dumps(reason).encode("utf-8")


def test_of_a_long_reason_the_end_is_told_with_every_character_whole():
    reason = texts(failure_message(context(RuntimeError("<" * 5_000 + "the end"))))[3]
    assert re.fullmatch(r"```…(&lt;)+the end```", reason)


def test_amp_is_escaped_once():
    assert literal("a & <b>") == "a &amp; &lt;b&gt;"


def test_a_failure_without_a_reason_or_a_day():
    message = failure_message({"ti": context()["ti"]})
    assert message["text"] == "cali_quality_daily failed for a day that is not known"
    assert "Airflow gives no reason" in texts(message)[3]
