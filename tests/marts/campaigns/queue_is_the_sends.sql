-- The queue holds the decisions `send`, all of them and nothing else.
with
    sends as (select * from {{ ref('email_decisions') }} where decision = 'send'),

    queue as (select * from {{ ref('email_queue') }})

select sends.message_id as decided_message_id, queue.message_id as queued_message_id
from sends
full outer join queue on sends.message_id = queue.message_id
where
    sends.message_id is null
    or queue.message_id is null
    or sends.email <> queue.email
    or sends.customer_id <> queue.customer_id
