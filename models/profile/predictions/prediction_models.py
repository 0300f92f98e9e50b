def model(dbt, session):
    from penpal.predictions import churn, response, value
    from penpal.predictions.metrics import to_table

    order_days = dbt.ref("customer_order_days").order("customer_id, days_ago").to_arrow_table()
    activity_days = dbt.ref("customer_activity_days").to_arrow_table()
    letters = dbt.ref("delivered_letters").to_arrow_table()
    addresses = dbt.ref("customer_emails").filter("is_primary").to_arrow_table()

    shop = churn.Shop.of(order_days, activity_days)
    written = response.Letters.of(letters, activity_days, addresses)
    return to_table(value.fitted(shop.days) + churn.fitted(shop) + response.fitted(written))
