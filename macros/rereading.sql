{#-
    Conditions on what a run reads or judges anew (see docs/identity.md): all of it, or what concerns the rows that changed. A
    model that uses one has to come after the model that it asks, by a ref() or a depends_on.
-#}
{% macro is_changed_source(owner) -%}
    {{ _is_in(owner, 'identity_source_changes', 'owner') }}
{%- endmacro %}

{% macro is_reread(record_key) -%}
    {{ _is_in(record_key, 'identity_reread_records', 'record_key') }}
{%- endmacro %}

{#- The same for a key of one source, which spares making the record's key of it. -#}
{% macro is_reread_in(source_table, source_key) -%}
    {{ _is_in(source_key, 'identity_reread_records', 'source_key', "source_table = '" ~ source_table ~ "'") }}
{%- endmacro %}

{% macro is_checked(record_key) -%}
    {{ _is_in(record_key, 'identity_checked_records', 'record_key') }}
{%- endmacro %}

{% macro is_regrouped(record_key) -%}
    {{ _is_in(record_key, 'identity_regrouped', 'record_key') }}
{%- endmacro %}

{#- Of two records: a pair is judged anew for the sake of one of them, or for a value that both have. -#}
{% macro is_rejudged(record_key_a, record_key_b) -%}
    (
        {{ _is_in(record_key_a, 'identity_rejudged', 'record_key') }}
        or {{ _is_in(record_key_b, 'identity_rejudged', 'record_key') }}
        or (
            {{ _is_in(record_key_a, 'identity_restated_profiles', 'record_key') }}
            and {{ _is_in(record_key_b, 'identity_restated_profiles', 'record_key') }}
        )
    )
{%- endmacro %}

{% macro is_rescanned(anonymous_id) -%}
    {{ _is_in(anonymous_id, 'device_rescanned', 'anonymous_id') }}
{%- endmacro %}

{% macro is_reread_occasion(identifier_type, identifier_value) -%}
    {{ _is_in(
        identifier_value, 'identity_reread_occasions', 'identifier_value', "identifier_type = '" ~ identifier_type ~ "'"
    ) }}
{%- endmacro %}

{% macro _is_in(value, model_name, column, condition='true') -%}
    {%- if run_is_full() -%}
        true
    {%- else -%}
        {{ value }} in (select {{ column }} from {{ this.incorporate(path={'identifier': model_name}) }} where {{ condition }})
    {%- endif -%}
{%- endmacro %}
