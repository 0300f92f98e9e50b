{#-
    A clean_text name as people write it. One in capitals or small letters throughout gets capitals at the start of
    its words; mixed case stays, and so does anything that is no plain name (markup, a formula): it is shown, never
    interpreted. Words that stand for an empty field give null ('Null' may be a family name).
-#}
{% macro name_display(name) -%}
    case
        when lower({{ name }}) in ('-', '.', '?', 'n/a', 'unknown', 'undefined') then null
        when {{ name }} != upper({{ name }}) and {{ name }} != lower({{ name }}) then {{ name }}
        when lower({{ name }}) in ('none', 'null') then null
        when {{ regex_extract(name, '[0-9!-&(-,/:-@\\[-_{-~]', 0) }} is not null then {{ name }}
        else {{ capitalise_words(name) }}
    end
{%- endmacro %}
