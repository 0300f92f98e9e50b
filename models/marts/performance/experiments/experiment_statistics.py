def model(dbt, session):
    from penpal.results.experiments import results

    return results(
        dbt.ref("experiment_units").order("experiment, customer_id").to_arrow_table(),
        dbt.ref("experiment_segments").order("experiment, segment, customer_id").to_arrow_table(),
    )
