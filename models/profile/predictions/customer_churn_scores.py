def model(dbt, session):
    from penpal.predictions import churn

    order_days = dbt.ref("customer_order_days").order("customer_id, days_ago").to_arrow_table()
    activity_days = dbt.ref("customer_activity_days").to_arrow_table()
    models = dbt.ref("prediction_models").to_arrow_table()
    return churn.scores(churn.Shop.of(order_days, activity_days), models)
