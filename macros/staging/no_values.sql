{#-
    What stands for no value (rules.no_value_words). A model joins the words once, as one row, and asks of each field:
        no_values as ({{ no_values() }}),
        select {{ known_id('cart_id') }} as cart_id from orders cross join no_values
-#}
{% macro no_values() -%}
    select
        {%- for kind, kinds in {
            'id': ['any', 'id'],
            'device': ['any', 'id', 'device'],
            'given_name': ['any', 'name', 'given_name'],
            'family_name': ['any', 'name', 'family_name'],
            'place': ['any', 'place'],
            'postal_code': ['any', 'place', 'postal_code'],
            'category': ['any', 'category'],
        }.items() %}
        {{ word_list("case when kind in ('" ~ kinds | join("', '") ~ "') then word end") }} as {{ kind }}_words,
        {%- endfor %}
        {{ word_list('case when is_given_name then word end') }} as given_names,
        {{ word_list('case when is_family_name then word end') }} as family_names
    from {{ ref('no_value_words') }}
{%- endmacro %}

{#- Whether a text stands for no value of this kind. No word has more than 40 characters, which most keys have. -#}
{% macro is_no_value(expression, kind) -%}
    coalesce(
        length({{ expression }}) <= 40 and {{ has_word(
            'no_values.' ~ kind ~ '_words',
            trim_characters('lower(' ~ expression ~ ')', ' "`<>()[]{}*_%|$\\x27' | replace('\\x27', "''"))
        ) }},
        false
    )
{%- endmacro %}

{#- A text, unless it stands for no value of this kind. -#}
{% macro known(expression, kind) -%}
    {{ with_value('given', expression, 'case when not ' ~ is_no_value('given', kind) ~ ' then given end') }}
{%- endmacro %}

{#-
    An id, unless it stands for none (a word for no value, or nothing but marks and zeros) or a spreadsheet damaged it:
    '5.84123E+12' is what is left of many ids. A whole number written as a decimal ('900101.0') is that number, "'Z150" is 'Z150'.
-#}
{% macro known_id(expression, kind='id') -%}
    case
        when not {{ is_no_value(expression, kind) }}
            and {{ regex_extract(expression, '[^\\p{P}\\p{S}\\p{Z}0]', 0) }} is not null
            and not {{ is_rounded_id(expression) }}
            then {{ whole_id(expression) }}
    end
{%- endmacro %}

{#- Whether an id is a number of which a spreadsheet kept the first digits only. -#}
{% macro is_rounded_id(expression) -%}
    ({{ expression }} like '%+%' and {{ regex_full_match(expression, '[="\\x27]*-?[0-9](?:[.,][0-9]+)?[Ee][+][0-9]{1,3}["\\x27]*') }})
{%- endmacro %}

{#-
    An id without the mark by which a spreadsheet keeps a text a text ("'Z150", '="Z150"'); a whole number that was written as a
    decimal, as a whole number again.
-#}
{% macro whole_id(expression) -%}
    case
        when {{ expression }} like '%.0' and {{ regex_full_match(expression, '[0-9]+[.]0') }}
            then substr({{ expression }}, 1, length({{ expression }}) - 2)
        when substr({{ expression }}, 1, 1) in ('=', '"', '''', '’', '`')
            then {{ regex_extract(expression, '^[="\\x27’`\\p{Z}]*(.*?)["\\x27’`\\p{Z}]*\\z', 1) }}
        else {{ expression }}
    end
{%- endmacro %}

{#-
    The key of a row: its id; where that tells no rows apart (a word for no value, a rounded number) the id with a hash of
    the whole row, so that the row is a row of its own, which nothing else names, and is not lost.
-#}
{% macro row_key(column, columns) -%}
    coalesce(
        {{ known_id(column) }},
        {{ column }} || '~' || md5(
            {%- for column in columns %}
            {{ '|| ' if not loop.first }}coalesce({{ column }}, '␀') || '␟'
            {%- endfor %}
        )
    )
{%- endmacro %}

{#- Whether a row's key is one that row_key had to make. -#}
{% macro is_made_key(column, raw) -%}
    ({{ column }} like '%~%' and {{ raw }} not like '%~%')
{%- endmacro %}
