with
    sendable as (
        select * from {{ ref('email_objections') }} where objection is null and kind = 'marketing'
    ),

    campaigns as (select * from {{ ref('campaigns') }}),

    written_today as (
        select campaign, count(distinct message_id) as letters_count
        from {{ ref('customer_messages') }}
        where cast(sent_at as date) = cast({{ as_of() }} as date)
        group by campaign
    ),

    -- One letter a customer and run: by priority, then who qualified first.
    customer_ranks as (
        select
            message_id,
            customer_id,
            campaign,
            email_key,
            household_id,
            qualified_at,
            row_number() over (
                partition by customer_id order by priority, qualified_at, message_id
            ) as customer_rank,
            first_value(campaign) over (
                partition by customer_id order by priority, qualified_at, message_id
            ) as first_campaign
        from sendable
    ),

    -- Customers who share a mailbox get a campaign's letter one after the other.
    mailbox_ranks as (
        select
            *,
            row_number() over (
                partition by email_key, campaign order by qualified_at, customer_id, message_id
            ) as mailbox_rank
        from customer_ranks
        where customer_rank = 1
    ),

    household_ranks as (
        select
            mailbox_ranks.*,
            campaigns.daily_volume,
            coalesce(written_today.letters_count, 0) as written_count,
            row_number() over (
                partition by
                    mailbox_ranks.campaign,
                    case
                        when campaigns.one_per_household
                        then coalesce(mailbox_ranks.household_id, mailbox_ranks.customer_id)
                        else mailbox_ranks.customer_id
                    end
                order by
                    mailbox_ranks.qualified_at, mailbox_ranks.customer_id, mailbox_ranks.message_id
            ) as household_rank
        from mailbox_ranks
        inner join campaigns on mailbox_ranks.campaign = campaigns.campaign
        left join written_today on mailbox_ranks.campaign = written_today.campaign
        where mailbox_ranks.mailbox_rank = 1
    ),

    volume_ranks as (
        select
            *,
            written_count + row_number() over (
                partition by campaign order by qualified_at, message_id
            ) as place_today
        from household_ranks
        where household_rank = 1
    )

select
    customer_ranks.message_id,
    case
        when volume_ranks.message_id is null
        then 'outranked'
        when volume_ranks.place_today > volume_ranks.daily_volume
        then 'volume_cap'
        else 'due'
    end as reason,
    case
        when customer_ranks.customer_rank > 1
        then customer_ranks.first_campaign || ' goes first'
        when mailbox_ranks.mailbox_rank > 1
        then 'somebody with the same mailbox goes first'
        when household_ranks.household_rank > 1
        then 'somebody of the same household goes first'
        when volume_ranks.place_today > volume_ranks.daily_volume
        then
            'place '
            || cast(volume_ranks.place_today as {{ dbt.type_string() }})
            || ' of the day, daily volume '
            || cast(volume_ranks.daily_volume as {{ dbt.type_string() }})
        else 'nothing speaks against it'
    end as evidence
from customer_ranks
left join mailbox_ranks on customer_ranks.message_id = mailbox_ranks.message_id
left join household_ranks on customer_ranks.message_id = household_ranks.message_id
left join volume_ranks on customer_ranks.message_id = volume_ranks.message_id
