{% set thresholds = segment_thresholds(letters=5, open_rate=0.5, click_rate=0.1) %}

{{
    customers_where(
        "emails_delivered_90d >= " ~ thresholds.letters
        ~ " and open_rate > " ~ thresholds.open_rate
        ~ " and click_rate > " ~ thresholds.click_rate,
        since="last_click_at",
        reason="opened {cast(round(100 * open_rate) as integer)} % and clicked"
        ~ " {cast(round(100 * click_rate) as integer)} % of {emails_delivered_90d} letters in 90 days",
    )
}}
