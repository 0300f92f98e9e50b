{#-
    Text whose UTF-8 bytes were taken for Latin-1 or Windows-1252, read again as UTF-8; null where that gives no text.
    The caller makes sure that every letter is one of those encodings.
-#}
{% macro reread_as_utf8(expression) -%}
    {{ return(adapter.dispatch('reread_as_utf8', 'penpal')(expression)) }}
{%- endmacro %}

{% macro duckdb__reread_as_utf8(expression) -%}
    try(decode(unhex(array_to_string(
        list_transform(
            string_split({{ _windows_to_latin(expression) }}, ''),
            lambda letter: printf('%02x', unicode(letter))
        ),
        ''
    ))))
{%- endmacro %}

{% macro spark__reread_as_utf8(expression) -%}
    try_validate_utf8(cast(encode({{ _windows_to_latin(expression) }}, 'ISO-8859-1') as string))
{%- endmacro %}

{#- The letters that Windows-1252 puts where Latin-1 has control characters, as those. -#}
{% macro _windows_to_latin(expression) -%}
    translate(
        {{ expression }},
        '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ',
        '{{ '\u0080\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008e\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009e\u009f' }}'
    )
{%- endmacro %}
