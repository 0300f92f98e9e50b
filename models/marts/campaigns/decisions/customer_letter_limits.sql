{%- set caps = var('letter_caps') %}
{%- set in_a_row = var('same_letters_in_a_row') %}
{#- A week is the longest that caps look back. -#}
{%- set days = [in_a_row.days, 9] | max %}

with
    occasions as (select customer_id from {{ ref('campaign_occasions') }} group by customer_id),

    customers as (select * from {{ ref('customers') }}),

    fatigued as (
        select customer_id from {{ ref('segment_memberships') }} where segment = 'email_fatigued'
    ),

    people as (
        select
            occasions.customer_id,
            customers.household_id,
            coalesce(customers.timezone, 'UTC') as timezone,
            {{ to_local(as_of(), "coalesce(customers.timezone, 'UTC')") }} as local_now
        from occasions
        inner join customers on occasions.customer_id = customers.customer_id
    ),

    letters as (
        select
            people.customer_id,
            letters.message_id,
            letters.campaign,
            letters.product_block,
            letters.sent_at,
            cast(people.local_now as date) as today,
            cast({{ dbt.date_trunc('week', 'people.local_now') }} as date) as monday,
            cast({{ to_local('letters.sent_at', 'people.timezone') }} as date) as sent_on,
            letters.sent_at > {{ add_days(as_of(), -in_a_row.days) }} as is_recent,
            row_number() over (
                partition by people.customer_id
                order by letters.sent_at desc, letters.message_id desc
            ) as recency
        from people
        inner join
            {{ ref('customer_letters') }} as letters on people.customer_id = letters.customer_id
        where letters.kind = 'marketing' and letters.sent_at > {{ add_days(as_of(), -days) }}
    ),

    counted as (
        select
            customer_id,
            cast(sum(case when sent_on = today then 1 else 0 end) as bigint) as letters_today,
            cast(sum(case when sent_on >= monday then 1 else 0 end) as bigint) as letters_this_week,
            sum(case when is_last then 1 else 0 end) as last_count,
            min(case when is_last then campaign end) as first_campaign,
            max(case when is_last then campaign end) as last_campaign,
            count(case when is_last then product_block end) as blocks_count,
            min(case when is_last then product_block end) as first_block,
            max(case when is_last then product_block end) as last_block
        from
            (
                select *, is_recent and recency <= {{ in_a_row.letters }} as is_last from letters
            ) as marked
        group by customer_id
    )

select
    people.customer_id,
    people.household_id,
    people.timezone,
    people.local_now,
    coalesce(counted.letters_today, 0) as letters_today,
    coalesce(counted.letters_this_week, 0) as letters_this_week,
    {{ caps.per_day }} as day_cap,
    case
        when fatigued.customer_id is not null
        then least({{ caps.per_week }}, {{ caps.fatigued_per_week }})
        else {{ caps.per_week }}
    end as week_cap,
    fatigued.customer_id is not null as is_fatigued,
    case
        when
            counted.last_count >= {{ in_a_row.letters }}
            and counted.first_campaign = counted.last_campaign
        then counted.last_campaign
    end as repeated_campaign,
    case
        when
            counted.blocks_count >= {{ in_a_row.letters }}
            and counted.first_block = counted.last_block
        then counted.last_block
    end as repeated_block
from people
left join counted on people.customer_id = counted.customer_id
left join fatigued on people.customer_id = fatigued.customer_id
