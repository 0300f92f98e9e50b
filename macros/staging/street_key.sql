{#-
    Comparison form of a street. First step: words without punctuation, '#' as apt, and the ending -str. of German street
    names written out. The second step, in the model, is replace_words with rules.street_abbreviations.
-#}
{% macro street_words(expression) -%}
    {%- set words = text_key("replace(" ~ with_value('street', 'substr(' ~ expression ~ ', 1, 200)', decode_entities('street')) ~ ", '#', ' apt ')") -%}
    {{ regex_replace(words, '([a-z]{3})str(?:asse)?( |$)', '\\1strasse\\2') }}
{%- endmacro %}
