with profiles as (select * from {{ ref('identity_profiles') }}),

keys as (
    {{ block_keys('profiles', keep=['cluster']) }}
)

select
    profile_id,
    cluster,
    rule_number,
    block
from keys
