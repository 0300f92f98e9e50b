with
    questions as (select * from {{ ref('profile_questions') }}),

    segments as (select name, looks_at from {{ ref('segment_catalog') }}),

    campaigns as (select campaign, trigger from {{ ref('campaigns') }} where is_active),

    customers as (select * from {{ ref('customers') }}),

    interested as (select customer_id from {{ ref('customer_interests') }} group by customer_id),

    feeds as (select attribute, {{ split_rows('feeds', ';') }} as feed from questions),

    segments_waiting as (
        select feeds.attribute, segments.name
        from feeds
        inner join segments on segments.looks_at like '%"' || feeds.feed || '"%'
        group by feeds.attribute, segments.name
    ),

    -- A campaign waits for what its trigger looks at, be it a segment or a model of its own.
    triggers_waiting as (
        select attribute, name
        from segments_waiting
        union
        select feeds.attribute, campaigns.trigger as name
        from feeds
        inner join campaigns on feeds.feed = 'trigger_' || campaigns.trigger
    ),

    waiting as (
        select attribute, 'segment' as kind, name
        from segments_waiting

        union all

        select questions.attribute, 'campaign' as kind, campaigns.campaign as name
        from questions
        inner join triggers_waiting on questions.attribute = triggers_waiting.attribute
        inner join campaigns on triggers_waiting.name = campaigns.trigger
        where not questions.all_campaigns

        union all

        select questions.attribute, 'campaign' as kind, campaigns.campaign as name
        from questions
        cross join campaigns
        where questions.all_campaigns
    ),

    worth as (
        select
            attribute,
            sum(case when kind = 'segment' then 1 else 0 end) as segments_count,
            sum(case when kind = 'campaign' then 1 else 0 end) as campaigns_count,
            {{ string_agg_ordered("kind || ' ' || name", ', ', "kind || ' ' || name") }} as waiting
        from waiting
        group by attribute
    ),

    missing as (
        select customers.customer_id, 'interests' as attribute
        from customers
        left join interested on customers.customer_id = interested.customer_id
        where interested.customer_id is null
        {%- for attribute in [
        'email', 'birth_date', 'city', 'gender', 'language', 'country', 'first_name', 'phone'
    ] %}

            union all

            select customer_id, '{{ attribute }}' as attribute
            from customers
            where {{ 'primary_email' if attribute == 'email' else attribute }} is null
        {%- endfor %}
    ),

    ranked as (
        select
            missing.customer_id,
            questions.attribute,
            questions.question,
            worth.segments_count,
            worth.campaigns_count,
            worth.waiting,
            row_number() over (
                partition by missing.customer_id
                order by worth.segments_count + worth.campaigns_count desc, questions.ask_order
            ) as question_rank
        from missing
        inner join worth on missing.attribute = worth.attribute
        inner join questions on missing.attribute = questions.attribute
    )

select
    customer_id,
    attribute,
    question,
    cast(segments_count as bigint) as segments_count,
    cast(campaigns_count as bigint) as campaigns_count,
    waiting
from ranked
where question_rank = 1
