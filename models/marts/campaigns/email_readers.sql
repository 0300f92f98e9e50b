{%- set personal = ['first_name', 'last_name', 'city', 'country'] %}

with
    letters as (select * from {{ ref('email_letters') }} where can_personalize),

    customers as (select * from {{ ref('customers') }}),

    customer_birthdays as (select * from {{ ref('customer_birthdays') }}),

    mailboxes as (select * from {{ ref('key_group_mailboxes') }}),

    records as (select * from {{ ref('customer_records') }}),

    -- Of whoever is one customer by likeness: what the records that keys tie to the mailbox say
    -- too.
    said as (
        select
            letters.message_id,
            {%- for column in personal %}
                max(
                    case
                        when records.{{ column }} = customers.{{ column }}
                        then customers.{{ column }}
                    end
                ) as {{ column }} {{- ',' if not loop.last }}
            {%- endfor %}
        from letters
        inner join customers on letters.customer_id = customers.customer_id
        inner join
            mailboxes
            on letters.customer_id = mailboxes.customer_id
            and letters.email_key = mailboxes.email_key
        inner join records on mailboxes.key_group = records.key_group
        where not letters.is_all_theirs
        group by letters.message_id
    )

select
    letters.message_id,
    {%- for column in personal %}
        case
            when letters.is_all_theirs then customers.{{ column }} else said.{{ column }}
        end as {{ column }},
    {%- endfor %}
    {%- for column in ['loyalty_tier', 'lifecycle_stage', 'last_order_at'] %}
        case when letters.is_activity_theirs then customers.{{ column }} end as {{ column }},
    {%- endfor %}
    -- Only who says the birth date is greeted on it.
    case
        when letters.is_all_theirs or letters.trigger in ('birthday', 'birthday_today')
        then customer_birthdays.age_reached
    end as age_reached
from letters
inner join customers on letters.customer_id = customers.customer_id
left join said on letters.message_id = said.message_id
left join
    customer_birthdays
    on letters.customer_id = customer_birthdays.customer_id
    and letters.occasion_on = customer_birthdays.birthday_on
