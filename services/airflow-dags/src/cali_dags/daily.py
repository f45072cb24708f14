"""The daily DAGs: one command of the consumer each, for one day of the archive."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, BaseOperator, CronDataIntervalTimetable

from cali_dags.pod import consumer_pod
from cali_dags.settings import Settings
from cali_dags.slack import tell_slack

RETRIES = 3
RETRY_DELAY = timedelta(minutes=2)
"""Before the first try again; each one after waits three times as long."""


@dataclass(frozen=True)
class Daily:
    """A command of the consumer that runs once for each day (UTC)."""

    dag_id: str
    task_id: str
    command: tuple[str, ...]
    """Words of the command, without the day."""
    posts: bool
    """Whether it can post its report to Slack."""
    cron: str
    """When, UTC, on the day after. By then Firehose has put the day's last records into its folder."""
    timeout: timedelta
    """Of one try, the start of a node included."""
    description: str


DAILY = (
    Daily(
        dag_id="cali_quality_daily",
        task_id="quality",
        command=("quality",),
        posts=True,
        cron="30 1 * * *",
        timeout=timedelta(hours=1),
        description="Checks yesterday's raw/: volume, schema, gaps, late and repeated records, empty fields",
    ),
    Daily(
        dag_id="cali_digest_daily",
        task_id="digest",
        command=("digest",),
        posts=True,
        cron="45 1 * * *",
        timeout=timedelta(hours=1),
        description="Sums up yesterday's errors and what changed",
    ),
    Daily(
        dag_id="cali_knowledge_daily",
        task_id="knowledge",
        command=("knowledge", "learn"),
        posts=False,
        cron="0 2 * * *",
        timeout=timedelta(hours=1),
        description="Folds yesterday's new_errors/ into proposals of the knowledge base",
    ),
)


def daily_dag(
    daily: Daily,
    settings: Settings,
    operator: Callable[..., BaseOperator] = consumer_pod,
) -> DAG:
    """The DAG of a daily command.

    A run is for the day of its logical date (`ds`), and starts on the day after: Airflow 3 gives a bare
    cron text no data interval, and its `ds` would be the day that has just begun. Running a day again
    repeats it: the consumer writes the same objects again and posts a report once.
    """
    arguments = [*daily.command, "--date", "{{ ds }}"]
    if daily.posts and settings.slack_webhook_url is not None:
        arguments.append("--slack")
    first_day = settings.first_day
    with DAG(
        dag_id=daily.dag_id,
        description=daily.description,
        schedule=CronDataIntervalTimetable(daily.cron, timezone="UTC"),
        # Days that were missed while Airflow was down are made up for only from a day on that somebody named.
        # Without one, a new environment would report every day since this date, when it had no data.
        start_date=datetime.combine(first_day, datetime.min.time(), UTC)
        if first_day
        else datetime(2026, 1, 1, tzinfo=UTC),
        catchup=first_day is not None,
        # Days one after the other: each compares itself with those before.
        max_active_runs=1,
        # What is deployed runs; nobody has to switch it on.
        is_paused_upon_creation=False,
        tags=["cali"],
    ) as dag:
        operator(
            settings,
            task_id=daily.task_id,
            arguments=arguments,
            timeout=daily.timeout,
            retries=RETRIES,
            retry_delay=RETRY_DELAY,
            retry_exponential_backoff=3,
            max_retry_delay=timedelta(minutes=30),
            # After the last try only.
            on_failure_callback=tell_slack,
        )
    return dag
