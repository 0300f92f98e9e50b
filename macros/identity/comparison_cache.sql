{#-
    What the levels in identity_compared depend on besides the two profiles, as a text to compare: the compiled SQL of their
    content and of the comparison.
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
    {{ own_rows_before('identity_compared', columns) }}
    where version = '{{ comparison_version() }}'
{%- endmacro %}
