"""What CALI's DAGs are made of."""
