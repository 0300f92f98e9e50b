with
    steps as (
        select
            candidates.message_id,
            candidates.customer_id,
            candidates.trigger,
            ';' || replace(campaigns.exit_on, ' ', '') || ';' as exit_on,
            campaigns.follows,
            letters.message_id as step_message_id,
            letters.sent_at as step_sent_at
        from {{ ref('email_candidates') }} as candidates
        inner join
            {{ ref('campaigns') }} as campaigns
            on candidates.campaign = campaigns.campaign
            and campaigns.exit_on is not null
        inner join
            {{ ref('customer_letters') }} as letters
            on campaigns.follows = letters.campaign
            and candidates.customer_id = letters.customer_id
            and candidates.occasion = letters.occasion
    ),

    purchases as (select * from {{ ref('customer_purchases') }}),

    clicks as (
        select * from {{ ref('email_events') }} where event_type = 'clicked' and not is_machine
    ),

    segments as (select * from {{ ref('segment_catalog') }}),

    memberships as (select * from {{ ref('segment_memberships') }}),

    exits as (
        select
            steps.message_id,
            'bought on ' || {{ utc_text('min(purchases.purchased_at)') }} as evidence
        from steps
        inner join
            purchases
            on steps.customer_id = purchases.customer_id
            and purchases.purchased_at >= steps.step_sent_at
            and purchases.purchased_at <= {{ as_of() }}
        where steps.exit_on like '%;bought;%'
        group by steps.message_id

        union all

        select
            steps.message_id,
            'clicked '
            || min(steps.follows)
            || ' on '
            || {{ utc_text('min(clicks.occurred_at)') }} as evidence
        from steps
        inner join clicks on steps.step_message_id = clicks.message_id
        where steps.exit_on like '%;clicked;%' and clicks.occurred_at <= {{ as_of() }}
        group by steps.message_id

        union all

        select steps.message_id, 'left the segment ' || steps.trigger as evidence
        from steps
        inner join segments on steps.trigger = segments.name
        left join
            memberships
            on steps.trigger = memberships.segment
            and steps.customer_id = memberships.customer_id
        where steps.exit_on like '%;left;%' and memberships.customer_id is null
        group by steps.message_id, steps.trigger
    )

select message_id, min(evidence) as evidence
from exits
group by message_id
