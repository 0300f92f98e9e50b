{#- What every materialization does before its own work. -#}
{% macro begin_model() -%}
    {% do run_hooks(pre_hooks, inside_transaction=False) %}
    {% do run_hooks(pre_hooks, inside_transaction=True) %}
{%- endmacro %}

{#- And after it: hooks, descriptions, the commit. Gives what the materialization has to return. -#}
{% macro finished_model(relation) -%}
    {% do run_hooks(post_hooks, inside_transaction=True) %}
    {% do persist_docs(relation, model) %}
    {% do adapter.commit() %}
    {% do run_hooks(post_hooks, inside_transaction=False) %}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}
