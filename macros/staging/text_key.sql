{#- Comparison form of a text: unaccented, lower case, no punctuation, no pictures, single blanks. -#}
{% macro text_key(expression) -%}
    {{ _comparison_form(expression, '!-/:-@') }}
{%- endmacro %}

{#-
    Comparison form of a family name: as text_key, and without digits. A word for no name gives null.
-#}
{% macro name_key(expression) -%}
    {{ _comparison_form(known(expression, 'family_name'), '!-@') }}
{%- endmacro %}

{#- The same of given names, without titles in front: to all who have it, a title is no name in common. -#}
{% macro given_names_key(expression) -%}
    nullif({{ regex_replace(
        _comparison_form(known(expression, 'given_name'), '!-@'), '^(?:(?:' ~ _titles() | join('|') ~ ')(?: |$))*', ''
    ) }}, '')
{%- endmacro %}

{% macro _titles() -%}
    {{ return([
        'mr and mrs', 'mr', 'mrs', 'ms', 'miss', 'mister', 'mx', 'sir', 'madam', 'dr', 'doctor', 'prof', 'professor', 'rev',
        'herr', 'herrn', 'frau', 'hr', 'fr', 'fraulein', 'familie', 'doktor', 'dipl ing', 'monsieur', 'madame',
        'mademoiselle', 'mme', 'mlle', 'senor', 'senora', 'senorita', 'sr', 'sra', 'srta', 'signor', 'signora', 'signore',
        'sig', 'sig ra', 'dott', 'dott ssa', 'dhr', 'mevr', 'mevrouw', 'meneer',
    ]) }}
{%- endmacro %}

{% macro _comparison_form(expression, leading_range) -%}
    {%- set joined = regex_replace(unaccent(expression), '[\\x27\\x{2019}`\\p{Cf}]+', '') -%}
    nullif(trim({{ regex_replace(joined, '[' ~ leading_range ~ '\\[-_{-~' ~ blanks() ~ '\\p{So}]+', ' ') }}), '')
{%- endmacro %}
