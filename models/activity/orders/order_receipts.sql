{#- The rhythm is that of the last days, or of the last receipts where those go further back. -#}
{% set rhythm_days = 28 %}
{% set rhythm_receipts = 30 %}

with
    -- Every row that came tells that orders come, copies and rejected ones too.
    orders as (select * from {{ ref('checked_shop__orders') }}),

    moments as (
        select 'received' as kind, received_at as moment
        from orders
        where received_at is not null
        group by received_at

        union all

        select 'placed' as kind, created_at as moment
        from orders
        where created_at <= {{ as_of() }}
        group by created_at
    ),

    silences as (
        select
            kind,
            moment,
            {{ seconds_between('lag(moment) over (partition by kind order by moment)', 'moment') }}
            as silence_seconds,
            max(moment) over (partition by kind) as newest,
            row_number() over (partition by kind order by moment desc) as recency
        from moments
    ),

    days as (
        select
            kind,
            cast(moment as date) as ended_on,
            max(silence_seconds) as silence_seconds,
            count(*) as silences_count
        from silences
        where
            silence_seconds is not null
            and (
                recency <= {{ rhythm_receipts }} or moment > {{ add_days('newest', -rhythm_days) }}
            )
        group by kind, cast(moment as date)
    ),

    ranked as (
        select
            kind,
            silence_seconds,
            row_number() over (partition by kind order by silence_seconds desc) as length_rank,
            count(*) over (partition by kind) as days_count,
            sum(silences_count) over (partition by kind) as silences_count
        from days
    ),

    -- Nine of ten days keep to it: nights, weekends and holidays are in it, outages are not. Four
    -- silences are the fewest that make a rhythm.
    rhythms as (
        select
            max(case when kind = 'received' then silence_seconds end) as received_seconds,
            max(case when kind = 'placed' then silence_seconds end) as placed_seconds
        from ranked
        where length_rank = 1 + floor(days_count / 10) and silences_count >= 4
    ),

    -- Loaded in one go, or nearly: orders are expected once a day, or as seldom as they are placed.
    expected as (
        select
            case
                when received_seconds is not null
                then received_seconds
                when placed_seconds > 86400
                then placed_seconds
                when placed_seconds is not null
                then 86400
            end as usual_silence_seconds
        from rhythms
    ),

    newest as (select max(received_at) as known_until from orders)

select
    newest.known_until,
    cast(expected.usual_silence_seconds as bigint) as usual_silence_seconds,
    coalesce(
        {{ seconds_between('newest.known_until', as_of()) }} > 3600
        and {{ seconds_between('newest.known_until', as_of()) }}
        > {{ var('orders_late_after') }} * expected.usual_silence_seconds,
        false
    ) as is_late
from newest
cross join expected
