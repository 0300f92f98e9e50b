def model(dbt, session):
    from penpal.predictions import response

    letters = dbt.ref("delivered_letters").to_arrow_table()
    activity_days = dbt.ref("customer_activity_days").to_arrow_table()
    addresses = dbt.ref("customer_emails").filter("is_primary").to_arrow_table()
    models = dbt.ref("prediction_models").to_arrow_table()
    return response.scores(response.Letters.of(letters, activity_days, addresses), models)
