-- The score is out of 100, one row stands for what is not listed, and every other row has a rule,
-- except that of e-mail.
select 'points' as what
from {{ ref('attribute_rules') }}
having sum(completeness_points) <> 100

union all

select 'rules' as what
from {{ ref('attribute_rules') }}
having count(case when attribute_group = '*' then 1 end) <> 1

union all

select attribute_group as what
from {{ ref('attribute_rules') }}
where rule_1 is null and attribute_group <> 'email'
