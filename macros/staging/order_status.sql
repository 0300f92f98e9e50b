{#- Key of a word of rules.order_statuses: unaccented letters and digits, without what WooCommerce puts in front. -#}
{% macro order_status_key(word) -%}
    replace({{ text_key(regex_replace("substr(" ~ word ~ ", 1, 100)", '^[wW][cC]-', '')) }}, ' ', '')
{%- endmacro %}

{#- The state of an order, out of its standard word (null: not known), its total and what was paid back of it. -#}
{% macro order_status(word, total, refunded_amount) -%}
    case
        when {{ word }} not in ('paid', 'partially_refunded') then {{ word }}
        when {{ word }} is null then 'unknown'
        when {{ total }} < 0 or ({{ total }} > 0 and {{ refunded_amount }} >= {{ total }}) then 'refunded'
        when {{ refunded_amount }} > 0 then 'partially_refunded'
        else {{ word }}
    end
{%- endmacro %}

{#- What the shop keeps of an order, in the base currency, out of the columns that checked_shop__orders has made by then. -#}
{% macro order_revenue_base() -%}
    cast(case
        when is_test then 0
        when status = 'partially_refunded' and refunded_amount is null then null
        when is_paid then {{ in_base_currency(
            'total - coalesce(refunded_amount, 0)', 'currency', 'units_per_eur', 'base_units_per_eur'
        ) }}
        when status = 'refunded' and total < 0 then total_base
        else 0
    end as decimal(18, 2))
{%- endmacro %}
