{#- A letter is in one day, in each segment of its reader, in one class of letters before it. -#}
with
    message_facts as (select * from {{ ref('message_facts') }}),

    history as (select * from {{ ref('segment_membership_history') }}),

    before as (
        select message_facts.message_id, count(earlier.message_id) as letters_30d
        from message_facts
        left join
            message_facts as earlier
            on message_facts.customer_id = earlier.customer_id
            and earlier.sent_at < message_facts.sent_at
            and earlier.sent_at >= {{ add_days('message_facts.sent_at', -30) }}
        group by message_facts.message_id
    )

select message_id, 'all' as cut, 'all' as cut_value
from message_facts

union all

select message_id, 'day' as cut, cast(cast(sent_at as date) as {{ dbt.type_string() }}) as cut_value
from message_facts

union all

select
    message_id,
    'letters_30d' as cut,
    case
        when letters_30d >= 8 then '8+' else cast(letters_30d as {{ dbt.type_string() }})
    end as cut_value
from before

union all

select message_facts.message_id, 'segment' as cut, history.segment as cut_value
from message_facts
inner join
    history
    on message_facts.customer_id = history.customer_id
    and message_facts.sent_at >= history.entered_at
    and message_facts.sent_at < coalesce(history.left_at, {{ add_days(as_of(), 1) }})
group by message_facts.message_id, history.segment
