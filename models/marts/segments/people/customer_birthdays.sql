with
    customers as (select * from {{ ref('customers') }}),

    -- One conversion a time zone, not one a customer.
    local_days as (
        select timezone, cast({{ to_local(as_of(), 'timezone') }} as date) as local_today
        from customers
        where birth_date is not null
        group by timezone
    ),

    ages as (
        select
            customers.customer_id,
            customers.timezone,
            customers.birth_date,
            local_days.local_today,
            extract(year from local_days.local_today)
            - extract(year from customers.birth_date) as years
        from customers
        inner join local_days on customers.timezone = local_days.timezone
        where customers.birth_date is not null
    ),

    -- Moved by whole years, 29 February is 28 February in a common year: the day it is celebrated.
    celebrations as (
        select
            *,
            {{ add_years('birth_date', 'years') }} as this_year_on,
            {{ add_years('birth_date', 'years - 1') }} as last_year_on
        from ages
    ),

    birthdays as (
        select
            customer_id,
            timezone,
            local_today,
            case
                when this_year_on <= local_today then this_year_on else last_year_on
            end as birthday_on,
            cast(
                case when this_year_on <= local_today then years else years - 1 end as integer
            ) as age_reached
        from celebrations
    ),

    beginnings as (
        select
            timezone,
            birthday_on,
            {{ to_utc('cast(birthday_on as timestamp)', 'timezone') }} as started_at
        from birthdays
        group by timezone, birthday_on
    )

select
    birthdays.customer_id,
    birthdays.timezone,
    birthdays.local_today,
    birthdays.birthday_on,
    birthdays.age_reached,
    beginnings.started_at
from birthdays
inner join
    beginnings
    on birthdays.timezone = beginnings.timezone
    and birthdays.birthday_on = beginnings.birthday_on
where birthdays.age_reached >= 1
