{% set thresholds = segment_thresholds(letters=5, open_rate=0.5, click_rate=0.1) %}

{{
    customers_where(
        "emails_delivered_90d >= " ~ thresholds.letters
        ~ " and open_rate > " ~ thresholds.open_rate
        ~ " and click_rate > " ~ thresholds.click_rate,
        since="last_click_at",
        reason="opened {" ~ percent("open_rate") ~ "} and clicked {" ~ percent("click_rate")
        ~ "} of {emails_delivered_90d} letters in 90 days",
    )
}}
