{{ config(materialized='view') }}

{{
    product_candidates(
        customers=ref("identity_customers"),
        purchases=ref("customer_products"),
        web_events=ref("customer_web_events"),
        companions=ref("customer_companions"),
        interests=ref("customer_interests"),
        products=ref("products"),
        clock=as_of(),
    )
}}
