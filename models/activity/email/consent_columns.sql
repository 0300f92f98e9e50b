with
    refusal_words as (select * from {{ ref('refusal_words') }}),

    -- Versions that a newer one replaced speak too: it may have another address.
    rows_told as (
        {%- for source_table, model, key in [
        ('crm.contacts', 'checked_crm__contacts', 'contact_id'),
        ('shop.customers', 'checked_shop__customers', 'shop_customer_id'),
    ] %}
            select
                '{{ source_table }}' as source_table,
                {{ key }} as source_key,
                email,
                {% if source_table == 'crm.contacts' -%}
                    coalesce(raw_email, '') || coalesce(';' || raw_additional_emails, '')
                {%- else -%} raw_email
                {%- endif %} as email_text,
                raw_marketing_status as said,
                cast(null as boolean) as is_accepted,
                {{ parse_timestamp('raw_marketing_status_at') }} as given_at,
                raw_marketing_status_at is not null as has_time,
                created_at,
                received_at,
                fate
            from {{ ref(model) }}
            where raw_marketing_status is not null
            union all
        {%- endfor %}
        {%- for source_table, model, key in [
        ('shop.checkouts', 'checked_shop__checkouts', 'checkout_id'),
        ('shop.orders', 'checked_shop__orders', 'order_id'),
    ] %}
            select
                '{{ source_table }}' as source_table,
                {{ key }} as source_key,
                email,
                raw_email as email_text,
                raw_accepts_marketing as said,
                {{ parse_boolean('raw_accepts_marketing') }} as is_accepted,
                created_at as given_at,
                true as has_time,
                created_at,
                received_at,
                fate
            from {{ ref(model) }}
            where raw_accepts_marketing is not null {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    status_words as ({{ read_refusal_words('status', 'said', 'rows_told') }}),

    stated as (
        select
            rows_told.*,
            coalesce(
                case when rows_told.is_accepted then 'granted' end,
                case
                    when rows_told.is_accepted is null
                    then {{ standard_word('rows_told.said', {'granted': [], 'pending': []}) }}
                end,
                status_words.meaning,
                'unknown'
            ) as status
        from rows_told
        left join status_words on rows_told.said = status_words.said
    )

select
    source_table,
    source_key,
    email,
    email_text,
    said,
    status,
    case
        -- When a row was created is not when it was received.
        when status <> 'granted'
        then
            {{ refused_at(
                not_after('given_at', as_of()),
                'case when coalesce(received_at > created_at, true) then received_at end'
            ) }}
        -- Without a time of its own a grant is as old as its row: any refusal since ends it.
        when has_time
        then given_at
        else created_at
    end as occurred_at,
    has_time and given_at is null as is_time_unread
from stated
where
    case
        status
        when 'granted'
        then fate <> 'rejected' and case when has_time then given_at else created_at end is not null
        -- Whoever confirmed since is not waiting any more.
        when 'pending'
        then fate <> 'duplicate'
        else true
    end
