{% set thresholds = segment_thresholds(letters=5, click_rate=0.1) %}

{{
    customers_where(
        "emails_delivered_90d >= " ~ thresholds.letters
        ~ " and click_rate > " ~ thresholds.click_rate,
        since="last_click_at",
        reason="clicked {cast(round(100 * click_rate) as integer)} %"
        ~ " of {emails_delivered_90d} letters in 90 days",
    )
}}
