{% macro capitalise_words(expression) -%}
    {{ return(adapter.dispatch('capitalise_words', 'penpal')(expression)) }}
{%- endmacro %}

{% macro duckdb__capitalise_words(expression) -%}
    array_to_string(
        list_transform(
            regexp_extract_all(lower({{ expression }}), '[ .\x27’-]+|[^ .\x27’-]+'),
            lambda word: upper(word[1]) || word[2:]
        ),
        ''
    )
{%- endmacro %}

{% macro spark__capitalise_words(expression) -%}
    array_join(
        transform(
            regexp_extract_all(lower({{ expression }}), r'[ .\x27’-]+|[^ .\x27’-]+', 0),
            word -> concat(upper(substr(word, 1, 1)), substr(word, 2))
        ),
        ''
    )
{%- endmacro %}
