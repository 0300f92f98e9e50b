{% set thresholds = segment_thresholds(within_minutes=60) %}

{{
    customers_where(
        within_last("last_product_viewed_at", minutes=thresholds.within_minutes),
        since="last_product_viewed_at",
        reason="looked at a product {" ~ ago("last_product_viewed_at") ~ "}",
    )
}}
