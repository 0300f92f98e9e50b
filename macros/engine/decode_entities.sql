{#-
    Text in which each HTML entity ('&amp;', '&#39;', '&eacute;') is the character that it stands for. Once: '&amp;lt;'
    is '&lt;'. An entity of a control character is a blank, an unknown one stays.
-#}
{% macro decode_entities(expression) -%}
    {{ return(adapter.dispatch('decode_entities', 'penpal')(expression)) }}
{%- endmacro %}

{% macro duckdb__decode_entities(expression) -%}
    case
        when {{ expression }} like '%&%;%'
            then array_to_string(list_transform(
                string_split({{ expression }}, '&'),
                lambda part, place: case when place = 1 then part else coalesce(
                    chr({{ _entity_code(
                        "split_part(part, ';', 1)",
                        "list_position(string_split('" ~ _latin_entities() ~ "', ' '), split_part(part, ';', 1))",
                        "try_cast('0x' || substr(split_part(part, ';', 1), 3) as integer)"
                    ) }}) || substr(part, strpos(part, ';') + 1),
                    '&' || part
                ) end
            ), '')
        else {{ expression }}
    end
{%- endmacro %}

{#- Spark's chr ends at 255. -#}
{% macro spark__decode_entities(expression) -%}
    case
        when {{ expression }} like '%&%;%'
            then array_join(transform(
                split({{ expression }}, '&'),
                (part, place) -> case when place = 0 then part else coalesce(
                    decode(unhex(lpad(hex({{ _entity_code(
                        "split_part(part, ';', 1)",
                        "nullif(array_position(split('" ~ _latin_entities() ~ "', ' '), split_part(part, ';', 1)), 0)",
                        "cast(conv(substr(split_part(part, ';', 1), 3), 16, 10) as int)"
                    ) }}), 4, '0')), 'UTF-16BE') || substr(part, instr(part, ';') + 1),
                    '&' || part
                ) end
            ), '')
        else {{ expression }}
    end
{%- endmacro %}

{#- Code point of an entity by its name, place among the Latin ones or number; null where it is none (of the first plane). -#}
{% macro _entity_code(name, place, hexadecimal) -%}
    {%- set named -%}
        case {{ name }}
            when 'amp' then 38 when 'AMP' then 38 when 'lt' then 60 when 'gt' then 62 when 'quot' then 34
            when 'QUOT' then 34 when 'apos' then 39 when 'ndash' then 8211 when 'mdash' then 8212
            when 'lsquo' then 8216 when 'rsquo' then 8217 when 'ldquo' then 8220 when 'rdquo' then 8221
            when 'bull' then 8226 when 'hellip' then 8230 when 'euro' then 8364 when 'trade' then 8482
        end
    {%- endset -%}
    {%- set decimal = "cast(substr(" ~ name ~ ", 2) as integer)" -%}
    case
        when {{ regex_full_match(name, '#[0-9]{1,5}') }}
            then {{ with_value('code_point', decimal, _printable('code_point')) }}
        when {{ regex_full_match(name, '#[xX][0-9a-fA-F]{1,4}') }}
            then {{ with_value('code_point', hexadecimal, _printable('code_point')) }}
        else coalesce({{ named }}, {{ place }} + 159)
    end
{%- endmacro %}

{% macro _printable(code) -%}
    case
        when {{ code }} < 32 then 32
        when {{ code }} < 55296 or {{ code }} between 57344 and 65533 then {{ code }}
    end
{%- endmacro %}

{#- Names of the entities of U+00A0 to U+00FF, in their order. -#}
{% macro _latin_entities() -%}
    nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para
    {{- ' ' -}} middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil
    {{- ' ' -}} Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash
    {{- ' ' -}} Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute
    {{- ' ' -}} ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute
    {{- ' ' -}} ucirc uuml yacute thorn yuml
{%- endmacro %}
