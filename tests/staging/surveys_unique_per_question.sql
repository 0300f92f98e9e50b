select
    response_id,
    question,
    count(*) as rows_count
from {{ ref('stg_crm__surveys') }}
group by response_id, question
having count(*) > 1
