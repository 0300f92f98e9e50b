with
    letters as (
        select
            message_id,
            campaign,
            coalesce(template, 'unknown') as template,
            coalesce(variant, 'default') as variant,
            delivered_at
        from {{ ref('message_facts') }}
    ),

    delivered as (
        select campaign, template, variant, count(delivered_at) as delivered_count
        from letters
        group by campaign, template, variant
    ),

    -- A link says its block and its place among the letter's links: pp_b=products.4.
    clicks as (
        select message_id, {{ query_parameter('url', 'pp_b') }} as mark
        from {{ ref('email_events') }}
        where
            event_type = 'clicked'
            and not is_machine
            and message_id is not null
            and occurred_at <= {{ as_of() }}
    ),

    placed as (
        select
            message_id,
            coalesce(
                {{ regex_extract('mark', '^([A-Za-z0-9_]+)[.][0-9]+$') }}, 'unmarked'
            ) as block,
            coalesce(
                {{ try_cast(regex_extract('mark', '^[A-Za-z0-9_]+[.]([0-9]+)$'), 'integer') }}, 0
            ) as link_place
        from clicks
    ),

    counted as (
        select
            letters.campaign,
            letters.template,
            letters.variant,
            placed.block,
            placed.link_place,
            count(*) as clicks_count,
            count(distinct letters.message_id) as clicked_letters_count
        from placed
        inner join letters on placed.message_id = letters.message_id
        group by
            letters.campaign, letters.template, letters.variant, placed.block, placed.link_place
    )

select
    counted.campaign,
    counted.template,
    counted.variant,
    counted.block,
    counted.link_place,
    counted.clicks_count,
    counted.clicked_letters_count,
    delivered.delivered_count,
    cast(counted.clicks_count as double) / sum(counted.clicks_count) over (
        partition by counted.campaign, counted.template, counted.variant
    ) as share_of_clicks,
    cast(counted.clicked_letters_count as double)
    / nullif(delivered.delivered_count, 0) as clicked_rate,
    {{ wilson_low('counted.clicked_letters_count', 'delivered.delivered_count') }}
    as clicked_rate_low,
    {{ wilson_high('counted.clicked_letters_count', 'delivered.delivered_count') }}
    as clicked_rate_high
from counted
inner join
    delivered
    on counted.campaign = delivered.campaign
    and counted.template = delivered.template
    and counted.variant = delivered.variant
