{#- Aggregate: a lookup of words for replace_words, from two text columns. -#}
{% macro word_map(word, replacement) -%}
    {{ return(adapter.dispatch('word_map', 'penpal')(word, replacement)) }}
{%- endmacro %}

{% macro duckdb__word_map(word, replacement) -%}
    map_from_entries(list(struct_pack(k := {{ word }}, v := {{ replacement }})))
{%- endmacro %}

{% macro spark__word_map(word, replacement) -%}
    map_from_entries(collect_list(struct({{ word }}, {{ replacement }})))
{%- endmacro %}

{#- A text of words with one blank between them, each replaced where the lookup knows it. -#}
{% macro replace_words(expression, words) -%}
    {{ return(adapter.dispatch('replace_words', 'penpal')(expression, words)) }}
{%- endmacro %}

{% macro duckdb__replace_words(expression, words) -%}
    array_to_string(
        list_transform(
            string_split({{ expression }}, ' '),
            lambda word: coalesce(map_extract_value({{ words }}, word), word)
        ),
        ' '
    )
{%- endmacro %}

{% macro spark__replace_words(expression, words) -%}
    array_join(
        transform(split({{ expression }}, ' '), word -> coalesce(element_at({{ words }}, word), word)),
        ' '
    )
{%- endmacro %}
