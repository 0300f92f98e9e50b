{#- From here on an hour is told as "later". -#}
{%- set last_hour = 72 -%}

with
    clicked as (
        select
            campaign,
            {{ seconds_between('coalesce(delivered_at, sent_at)', 'first_human_click_at') }}
            as seconds
        from {{ ref('message_facts') }}
        where first_human_click_at is not null and campaign is not null
    ),

    -- A click may be told before the delivery is: it took no time.
    hours as (
        select
            campaign,
            cast(
                case
                    when seconds < 0
                    then 0
                    when seconds >= {{ 3600 * last_hour }}
                    then {{ last_hour }}
                    else floor(seconds / 3600)
                end as integer
            ) as hours_after
        from clicked
    ),

    counted as (
        select campaign, hours_after, count(*) as clicked_count
        from hours
        group by campaign, hours_after
    )

select
    campaign,
    hours_after,
    clicked_count,
    cast(clicked_count as double)
    / sum(clicked_count) over (partition by campaign) as share_of_clicked,
    cast(
        sum(clicked_count) over (
            partition by campaign
            order by hours_after
            rows between unbounded preceding and current row
        ) as double
    )
    / sum(clicked_count) over (partition by campaign) as share_so_far
from counted
