{% macro string_agg_ordered(expression, separator, order_by) -%}
    {{ return(adapter.dispatch('string_agg_ordered', 'penpal')(expression, separator, order_by)) }}
{%- endmacro %}

{% macro duckdb__string_agg_ordered(expression, separator, order_by) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro spark__string_agg_ordered(expression, separator, order_by) -%}
    case
        when count({{ expression }}) > 0
            then array_join(
                transform(
                    array_sort(collect_list(
                        case
                            when {{ expression }} is not null
                                then struct({{ order_by }} as o, {{ expression }} as v)
                        end
                    )),
                    x -> x.v
                ),
                '{{ separator }}'
            )
    end
{%- endmacro %}
