-- Every customer of the identity layer has a row, and nobody else.
select coalesce(customers.customer_id, identity_customers.customer_id) as customer_id
from {{ ref('customers') }} as customers
full outer join
    {{ ref('identity_customers') }} as identity_customers
    on customers.customer_id = identity_customers.customer_id
where customers.customer_id is null or identity_customers.customer_id is null
