-- Every value of every record links it, though the link may have been cut, or is refused with a
-- reason; both only where a shared value links a record with its namesakes, but not with its owner.
with
    identifiers as (
        select record_key, identifier_type, identifier_value
        from {{ ref('identity_record_values') }}
        group by record_key, identifier_type, identifier_value
    ),

    links as (
        select record_key, identifier_type, identifier_value, rule
        from {{ ref('identity_edges') }}
        where identifier_type is not null
        union all
        select record_key, identifier_type, identifier_value, rule
        from {{ ref('identity_refusals') }}
        where reason = 'cut_weakest_link'
    ),

    refusals as (select * from {{ ref('identity_refusals') }} where reason <> 'cut_weakest_link')

select
    identifiers.record_key,
    identifiers.identifier_type,
    identifiers.identifier_value,
    links.rule,
    refusals.reason
from identifiers
left join
    links
    on identifiers.record_key = links.record_key
    and identifiers.identifier_type = links.identifier_type
    and identifiers.identifier_value = links.identifier_value
left join
    refusals
    on identifiers.record_key = refusals.record_key
    and identifiers.identifier_type = refusals.identifier_type
    and identifiers.identifier_value = refusals.identifier_value
where
    (links.record_key is null and refusals.record_key is null)
    or (
        links.record_key is not null
        and refusals.reason not in (
            'different_given_names',
            'different_name_suffixes',
            'different_birth_dates',
            'ambiguous_name'
        )
    )
