def model(dbt, session):
    from penpal.predictions import churn
    from penpal.predictions.history import OrderDays

    rows = dbt.ref("customer_order_days").order("customer_id, days_ago").to_arrow_table()
    models = dbt.ref("prediction_models").to_arrow_table()
    return churn.scores(OrderDays.of(rows), models)
