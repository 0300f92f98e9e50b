with
    contacts as (select * from {{ ref('checked_crm__contacts') }}),

    accounts as (select * from {{ ref('checked_shop__customers') }}),

    identity_map as (select * from {{ ref('identity_map') }}),

    -- A version without an address says nothing of it; one with 'REDACTED' for it does.
    versions as (
        select
            'crm.contacts:' || contact_id as record_key,
            email,
            email_key,
            coalesce(updated_at, created_at) as version_at,
            fate = 'staged' as is_current,
            additional_emails
        from contacts
        where fate <> 'rejected' and coalesce(email_key, raw_email) is not null
        union all
        select
            'shop.customers:' || shop_customer_id as record_key,
            email,
            email_key,
            coalesce(updated_at, created_at) as version_at,
            fate = 'staged' as is_current,
            cast(null as {{ dbt.type_string() }}) as additional_emails
        from accounts
        where fate <> 'rejected' and coalesce(email_key, raw_email) is not null
    ),

    current_versions as (select * from versions where is_current),

    -- Until when a record named an address that is not its address any more.
    left_behind as (
        select versions.record_key, versions.email_key, max(versions.version_at) as last_version_at
        from versions
        inner join current_versions on versions.record_key = current_versions.record_key
        where
            versions.email_key is not null
            and coalesce(current_versions.email_key, '') <> versions.email_key
            -- What became a further address of the contact is still in use.
            and ';' || coalesce(current_versions.additional_emails, '') || ';'
            not like '%;' || versions.email || ';%'
        group by versions.record_key, versions.email_key
    ),

    given_up as (
        select
            left_behind.record_key, left_behind.email_key, min(versions.version_at) as given_up_at
        from left_behind
        inner join versions on left_behind.record_key = versions.record_key
        where
            coalesce(versions.email_key, '') <> left_behind.email_key
            and versions.version_at >= left_behind.last_version_at
        group by left_behind.record_key, left_behind.email_key
    )

select identity_map.customer_id, given_up.email_key, max(given_up.given_up_at) as given_up_at
from given_up
inner join identity_map on given_up.record_key = identity_map.record_key
where identity_map.customer_id is not null
group by identity_map.customer_id, given_up.email_key
