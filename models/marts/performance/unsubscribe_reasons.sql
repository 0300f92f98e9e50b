{#- An answer is about the last letter of so many days before it. -#}
{%- set days = 30 -%}

with
    surveys as (
        select response_id, email_key, lower(answer) as answer, submitted_at
        from {{ ref('stg_crm__surveys') }}
        where lower(question) like '%unsubscrib%' and submitted_at <= {{ as_of() }}
    ),

    words as (select * from {{ ref('unsubscribe_words') }}),

    messages as (select * from {{ ref('customer_messages') }}),

    meanings as (
        select
            surveys.response_id,
            words.reason,
            row_number() over (
                partition by surveys.response_id order by words.place, words.reason, words.word
            ) as place
        from surveys
        inner join words on surveys.answer like '%' || words.word || '%'
    ),

    letters as (
        select
            surveys.response_id,
            messages.campaign,
            row_number() over (
                partition by surveys.response_id order by messages.sent_at desc, messages.message_id
            ) as place
        from surveys
        inner join
            messages
            on surveys.email_key = messages.email_key
            and messages.sent_at <= surveys.submitted_at
            and messages.sent_at > {{ add_days('surveys.submitted_at', -days) }}
    )

select
    coalesce(letters.campaign, 'none') as campaign,
    coalesce(meanings.reason, 'other') as reason,
    count(*) as answers_count,
    max(surveys.submitted_at) as last_answered_at
from surveys
left join meanings on surveys.response_id = meanings.response_id and meanings.place = 1
left join letters on surveys.response_id = letters.response_id and letters.place = 1
group by coalesce(letters.campaign, 'none'), coalesce(meanings.reason, 'other')
