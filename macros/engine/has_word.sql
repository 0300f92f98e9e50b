{#- Whether a list of texts holds a text; a short list that is the same for every row. -#}
{% macro has_word(words, expression) -%}
    {{ return(adapter.dispatch('has_word', 'penpal')(words, expression)) }}
{%- endmacro %}

{% macro duckdb__has_word(words, expression) -%}
    list_contains({{ words }}, {{ expression }})
{%- endmacro %}

{% macro spark__has_word(words, expression) -%}
    array_contains({{ words }}, {{ expression }})
{%- endmacro %}

{#- Aggregate: the list of the texts that are not null. -#}
{% macro word_list(expression) -%}
    {{ return(adapter.dispatch('word_list', 'penpal')(expression)) }}
{%- endmacro %}

{% macro duckdb__word_list(expression) -%}
    list({{ expression }}) filter (where {{ expression }} is not null)
{%- endmacro %}

{% macro spark__word_list(expression) -%}
    collect_list({{ expression }})
{%- endmacro %}

{#- A text without any of these characters at its ends. -#}
{% macro trim_characters(expression, characters) -%}
    {{ return(adapter.dispatch('trim_characters', 'penpal')(expression, characters)) }}
{%- endmacro %}

{% macro duckdb__trim_characters(expression, characters) -%}
    trim({{ expression }}, '{{ characters }}')
{%- endmacro %}

{% macro spark__trim_characters(expression, characters) -%}
    trim(both '{{ characters }}' from {{ expression }})
{%- endmacro %}
