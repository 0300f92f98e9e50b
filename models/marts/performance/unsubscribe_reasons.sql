{#- An answer is about the last letter of so many days before it. -#}
{%- set days = 30 -%}

with
    answers as (select * from {{ ref('unsubscribe_answers') }}),

    messages as (select * from {{ ref('customer_messages') }}),

    letters as (
        select
            answers.response_id,
            messages.campaign,
            row_number() over (
                partition by answers.response_id order by messages.sent_at desc, messages.message_id
            ) as place
        from answers
        inner join
            messages
            on answers.email_key = messages.email_key
            and messages.sent_at <= answers.answered_at
            and messages.sent_at > {{ add_days('answers.answered_at', -days) }}
    )

select
    coalesce(letters.campaign, 'none') as campaign,
    answers.reason,
    count(*) as answers_count,
    max(answers.answered_at) as last_answered_at
from answers
left join letters on answers.response_id = letters.response_id and letters.place = 1
group by coalesce(letters.campaign, 'none'), answers.reason
