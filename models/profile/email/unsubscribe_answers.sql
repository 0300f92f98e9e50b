with
    surveys as (
        select response_id, email_key, lower(answer) as answer, submitted_at
        from {{ ref('stg_crm__surveys') }}
        where lower(question) like '%unsubscrib%' and submitted_at <= {{ as_of() }}
    ),

    words as (select * from {{ ref('unsubscribe_words') }}),

    meanings as (
        select
            surveys.response_id,
            words.reason,
            row_number() over (
                partition by surveys.response_id order by words.place, words.reason, words.word
            ) as place
        from surveys
        inner join words on surveys.answer like '%' || words.word || '%'
    )

select
    surveys.response_id,
    surveys.email_key,
    coalesce(meanings.reason, 'other') as reason,
    surveys.submitted_at as answered_at
from surveys
left join meanings on surveys.response_id = meanings.response_id and meanings.place = 1
