"""CALI's daily DAGs. Airflow reads this file; what they are made of is in cali_dags."""

from cali_dags.daily import DAILY, daily_dag
from cali_dags.settings import Settings

settings = Settings.from_environment()

for daily in DAILY:
    globals()[daily.dag_id] = daily_dag(daily, settings)
