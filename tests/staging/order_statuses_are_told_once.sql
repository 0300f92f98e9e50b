-- A word of rules.order_statuses means one state, however it is spelled: 'charge back' is
-- 'chargeback'.
with words as (select {{ order_status_key('word') }} as word_key from {{ ref('order_statuses') }})

select word_key, count(*) as words_count
from words
group by word_key
having count(*) > 1 or word_key is null
