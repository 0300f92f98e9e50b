{#- Each of the columns has a value in each row: one test a model, where a contract's constraints do not reach. -#}
{% test not_null_columns(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where {{ columns | join(' is null or ') }} is null
{% endtest %}
