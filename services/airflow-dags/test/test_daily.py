from datetime import UTC, date, datetime, timedelta

import pytest
from airflow.serialization.serialized_objects import DagSerialization

from cali_dags.daily import DAILY, daily_dag
from cali_dags.settings import Settings
from conftest import ENVIRONMENT

WEBHOOK = "https://hooks.slack.com/services/T0/B0/s3cret"


def dag_of(daily, **environment):
    return daily_dag(daily, Settings.from_environment({**ENVIRONMENT, **environment}))


def task_of(dag):
    (task,) = dag.tasks
    return task


@pytest.fixture(params=DAILY, ids=lambda daily: daily.dag_id)
def daily(request):
    return request.param


def test_names():
    assert [daily.dag_id for daily in DAILY] == [
        "cali_quality_daily",
        "cali_digest_daily",
        "cali_knowledge_daily",
    ]


def scheduled(dag):
    """The DAG as the scheduler has it."""
    return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))


def test_each_day_has_one_run_after_its_end_by_its_own_date(daily):
    first = datetime(2026, 10, 24, tzinfo=UTC)
    runs = [*scheduled(dag_of(daily)).iter_dagrun_infos_between(first, first + timedelta(days=7))]
    # Over a week in which clocks change: the archive's days are UTC's.
    assert [run.logical_date.date().isoformat() for run in runs] == [
        f"2026-10-{day}" for day in range(24, 31)
    ]
    for run in runs:
        midnight = datetime.combine(run.logical_date.date(), datetime.min.time(), UTC) + timedelta(days=1)
        assert timedelta(hours=1) <= run.run_after - midnight <= timedelta(hours=3)


def test_the_first_run_of_a_new_environment_is_for_the_last_whole_day(daily):
    now = datetime.now(UTC)
    run = scheduled(dag_of(daily)).next_dagrun_info(last_automated_run_info=None)
    assert now - timedelta(days=3) < run.logical_date < now - timedelta(days=1) + timedelta(minutes=1)


def test_after_days_without_airflow_each_has_its_run_from_the_named_day_on(daily):
    run = scheduled(dag_of(daily, CALI_DAGS_FIRST_DAY="2026-02-03")).next_dagrun_info(
        last_automated_run_info=None
    )
    assert run.logical_date.date() == date(2026, 2, 3)


def test_the_command(daily):
    assert task_of(dag_of(daily)).arguments == [*daily.command, "--date", "{{ ds }}"]


def test_a_report_is_posted_where_there_is_a_webhook(daily):
    arguments = task_of(dag_of(daily, CALI_SLACK_WEBHOOK_URL=WEBHOOK)).arguments
    assert ("--slack" in arguments) == daily.posts


def test_no_secret_is_in_the_database(daily):
    dag = dag_of(daily, CALI_SLACK_WEBHOOK_URL=WEBHOOK)
    assert "s3cret" not in str(DagSerialization.serialize_dag(dag))


def test_the_pod_says_what_it_takes_of_its_node_and_how_much_it_may(daily):
    resources = task_of(dag_of(daily)).container_resources
    assert set(resources.requests) == {"cpu", "memory", "ephemeral-storage"}
    assert set(resources.limits) == {"memory", "ephemeral-storage"}


def test_tries(daily):
    task = task_of(dag_of(daily))
    assert task.retries == 3
    assert task.retry_delay == timedelta(minutes=2)
    assert task.retry_exponential_backoff == 3
    assert task.max_retry_delay == timedelta(minutes=30)
    # The pod ends by itself, too, should Airflow not be there.
    assert task.execution_timeout == daily.timeout
    assert task.active_deadline_seconds == daily.timeout.total_seconds()


def test_one_day_at_a_time_and_on_from_the_start(daily):
    dag = dag_of(daily)
    assert dag.max_active_runs == 1
    assert dag.is_paused_upon_creation is False
