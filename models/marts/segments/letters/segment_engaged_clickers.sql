{% set thresholds = segment_thresholds(letters=5, click_rate=0.1) %}

{{
    customers_where(
        "emails_delivered_90d >= " ~ thresholds.letters
        ~ " and click_rate > " ~ thresholds.click_rate,
        since="last_click_at",
        reason="clicked {" ~ percent("click_rate")
        ~ "} of {emails_delivered_90d} letters in 90 days",
    )
}}
