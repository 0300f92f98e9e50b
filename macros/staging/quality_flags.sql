{#-
    'invalid_email;future_dated' or null: the names of the flags that hold, in the order given. A flag is
    {name: condition}. A name alone, such as invalid_email or unknown_country, holds where the raw column has a value
    and the column of the same name has none; made_order_id, where row_key had to make the key.
-#}
{% macro quality_flags(flags) -%}
    {%- set cases = [] -%}
    {%- for flag in flags -%}
        {%- if flag is string -%}
            {%- set column = flag.split('_', 1)[1] -%}
            {%- if flag.startswith('made_') -%}
                {%- set flag = {flag: is_made_key(column, 'raw_' ~ column)} -%}
            {%- else -%}
                {%- set flag = {flag: 'raw_' ~ column ~ ' is not null and ' ~ column ~ ' is null'} -%}
            {%- endif -%}
        {%- endif -%}
        {%- for name, condition in flag.items() -%}
            {%- do cases.append("case when " ~ condition ~ " then ';" ~ name ~ "' else '' end") -%}
        {%- endfor -%}
    {%- endfor -%}
    nullif(substr(
        {{ cases | join('\n        || ') }}
    , 2), '')
{%- endmacro %}
