with
    letters as (select * from {{ ref('email_letters') }}),

    readers as (select * from {{ ref('email_readers') }}),

    campaigns as (select * from {{ ref('campaigns') }}),

    offers as (select * from {{ ref('offers') }} where is_active),

    codes as (select * from {{ ref('customer_offer_codes') }}),

    -- What an offer tells of its reader is what the letter may show.
    fitting as (
        select
            letters.message_id,
            letters.customer_id,
            letters.occasion,
            letters.email_key,
            offers.offer,
            offers.kind,
            offers.value,
            offers.currency,
            offers.minimum,
            {{ add_days('letters.evaluated_at', 'offers.valid_days') }} as expires_at,
            row_number() over (
                partition by letters.message_id
                order by
                    case when offers.loyalty_tier is null then 1 else 0 end,
                    case when offers.region is null then 1 else 0 end,
                    offers.offer,
                    offers.kind,
                    offers.value
            ) as place
        from letters
        inner join campaigns on letters.campaign = campaigns.campaign
        inner join offers on campaigns.offer = offers.offer
        left join readers on letters.message_id = readers.message_id
        where
            (offers.loyalty_tier is null or offers.loyalty_tier = readers.loyalty_tier)
            and (offers.region is null or offers.region = readers.country)
    ),

    -- An occasion has one code, also where a second letter is about it, or its customer was merged.
    given as (
        select
            customer_id,
            occasion,
            offer,
            email_key,
            code,
            kind,
            value,
            currency,
            minimum,
            expires_at,
            row_number() over (
                partition by customer_id, occasion, offer order by issued_at, code
            ) as place
        from codes
    ),

    made as (
        select
            fitting.message_id,
            fitting.offer,
            given.code,
            case when given.code is null then fitting.kind else given.kind end as kind,
            case when given.code is null then fitting.value else given.value end as value,
            case when given.code is null then fitting.currency else given.currency end as currency,
            case when given.code is null then fitting.minimum else given.minimum end as minimum,
            cast(coalesce(given.expires_at, fitting.expires_at) as date) as expires_on
        from fitting
        left join
            given
            on fitting.customer_id = given.customer_id
            and fitting.occasion = given.occasion
            and fitting.offer = given.offer
            and given.place = 1
        -- A code whose time is over, or that went to another mailbox, is not given again, and no
        -- other one either.
        where
            fitting.place = 1
            and (
                given.code is null
                or (given.expires_at > {{ as_of() }} and given.email_key = fitting.email_key)
            )
    )

select
    message_id,
    offer,
    code,
    kind,
    value,
    currency,
    minimum,
    expires_on,
    {{ json_object({
    'offer': 'offer',
    'code': 'code',
    'kind': 'kind',
    'value': ['value', 'number'],
    'currency': 'currency',
    'minimum': ['minimum', 'number'],
    'expires_at': "cast(expires_on as " ~ dbt.type_string() ~ ") || 'T23:59:59Z'",
}) }} as offer_json
from made
