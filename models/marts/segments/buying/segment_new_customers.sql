{% set thresholds = segment_thresholds(within_days=30) %}

{{
    customers_where(
        within_last("first_order_at", days=thresholds.within_days),
        since="first_order_at",
        reason="placed the first paid order {" ~ ago("first_order_at") ~ "}",
    )
}}
