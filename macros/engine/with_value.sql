{#-
    An expression of which a part is named: `body` may use the name `value` any number of times, and the part stands in
    the query, and is computed, once. The name must be no column of the tables at hand.
-#}
{% macro with_value(value, expression, body) -%}
    {{ return(adapter.dispatch('with_value', 'penpal')(value, expression, body)) }}
{%- endmacro %}

{% macro duckdb__with_value(value, expression, body) -%}
    (list_transform([{{ expression }}], lambda {{ value }}: {{ body }}))[1]
{%- endmacro %}

{% macro spark__with_value(value, expression, body) -%}
    (transform(array({{ expression }}), {{ value }} -> {{ body }}))[0]
{%- endmacro %}
