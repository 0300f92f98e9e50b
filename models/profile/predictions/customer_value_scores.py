def model(dbt, session):
    from penpal.predictions.history import OrderDays
    from penpal.predictions.value import parameters_of, scores

    rows = dbt.ref("customer_order_days").order("customer_id, days_ago")
    models = dbt.ref("prediction_models").to_arrow_table()
    return scores(OrderDays.of(rows.to_arrow_table()), parameters_of(models))
