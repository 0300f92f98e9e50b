{% set thresholds = segment_thresholds(score=80) %}

{{
    customers_where(
        "engagement_score > " ~ thresholds.score,
        since="last_seen_at",
        reason="engagement score {engagement_score} of 100",
    )
}}
