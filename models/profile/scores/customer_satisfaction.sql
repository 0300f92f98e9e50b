-- A mart that stands here, since marts read no staging.
{{ config(schema='marts') }}
{#- A whole number from 0 to 10, perhaps as 9/10. -#}
{%- set of_ten = '^ *(10|[0-9]) *(?:/ *10 *)?$' -%}

with
    surveys as (select * from {{ ref('stg_crm__surveys') }}),

    identifiers as (
        select * from {{ ref('customer_identifiers') }} where identifier_type = 'email'
    ),

    -- "How likely are you to recommend us?"
    answers as (
        select
            identifiers.customer_id,
            surveys.response_id,
            surveys.submitted_at,
            {{ try_cast(regex_extract('surveys.answer', of_ten), 'integer') }} as score
        from surveys
        inner join identifiers on surveys.email_key = identifiers.identifier_value
        where lower(surveys.question) like '%recommend%' and surveys.submitted_at <= {{ as_of() }}
    ),

    latest as (
        select
            *,
            row_number() over (
                partition by customer_id order by submitted_at desc, response_id desc
            ) as place
        from answers
        where score is not null and customer_id is not null
    )

select customer_id, score, submitted_at as answered_at
from latest
where place = 1
