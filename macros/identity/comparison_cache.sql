{#-
    What the levels in identity_compared depend on besides the contents of the two profiles: the compiled SQL that makes them,
    as a hash.
-#}
{% macro comparison_version() -%}
    {{ return(local_md5(profile_content() ~ compare_profiles('pairs'))) }}
{%- endmacro %}

{#- The levels that the last run knew and this one would find again; none after --full-refresh. -#}
{% macro levels_before() -%}
    {%- set text = dbt.type_string() -%}
    {%- set columns = {'content_a': 'bigint', 'content_b': 'bigint'} -%}
    {%- for comparison in comparisons() -%}
        {%- do columns.update({comparison ~ '_level': text}) -%}
    {%- endfor -%}
    {%- do columns.update({'are_namesakes': 'boolean', 'version': text}) -%}
    select *
    from (
        {{ own_rows_before('identity_compared', columns) | indent(4) }}
    ) as levels
    where version = '{{ comparison_version() }}'
{%- endmacro %}
