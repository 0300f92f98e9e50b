def model(dbt, session):
    from penpal.predictions.history import OrderDays
    from penpal.predictions.metrics import to_table
    from penpal.predictions.value import fitted

    rows = dbt.ref("customer_order_days").order("customer_id, days_ago")
    return to_table(fitted(OrderDays.of(rows.to_arrow_table())))
