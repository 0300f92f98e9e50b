def model(dbt, session):
    from penpal.predictions import churn, value
    from penpal.predictions.history import OrderDays
    from penpal.predictions.metrics import to_table

    rows = dbt.ref("customer_order_days").order("customer_id, days_ago").to_arrow_table()
    days = OrderDays.of(rows)
    return to_table(value.fitted(days) + churn.fitted(days))
