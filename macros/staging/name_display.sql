{#-
    A clean_text name as people write it. One in capitals or small letters throughout gets capitals at the start of
    its words; mixed case stays, and so does anything that is no plain name (markup, a formula): it is shown, never
    interpreted. An address, a link or a number in its place gives null, and so does a word for no name, unless it is a
    name, too, and written like one ('Null' as a family name).
    kind: given_name or family_name.
-#}
{% macro name_display(name, kind) -%}
    case
        when {{ regex_extract(name, '[^\\p{P}\\p{Z}\\p{M}\\p{Co}]', 0) }} is null then null
        when {{ is_contact_detail(name) }} then null
        when {{ is_no_value(name, kind) }}
            and not (
                {{ has_word('no_values.' ~ kind ~ 's', 'lower(' ~ name ~ ')') }}
                and {{ regex_full_match(name, '\\p{Lu}\\p{Ll}+') }}
            )
            then null
        when {{ name }} != upper({{ name }}) and {{ name }} != lower({{ name }}) then {{ name }}
        when {{ regex_extract(name, '[0-9!-&(-,/:-@\\[-_{-~]', 0) }} is not null then {{ name }}
        else {{ capitalise_words(name) }}
    end
{%- endmacro %}
