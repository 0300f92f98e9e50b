{% set thresholds = segment_thresholds(within_days=14) %}

{{
    customers_where(
        within_last("last_order_at", days=thresholds.within_days),
        since="last_order_at",
        reason="placed a paid order {" ~ ago("last_order_at") ~ "}",
    )
}}
