{#-
    Whether two words are one, with a typing error: one edit from 4 letters on, two from 8 on, or two neighbours
    swapped (which Levenshtein counts as two edits). Here and below, case takes what is cheap to tell first: outside of it, an
    engine may work out every part of a condition.
-#}
{% macro alike(a, b) -%}
    case
        when {{ a }} is null or {{ b }} is null then null
        when {{ a }} = {{ b }} then true
        when least(length({{ a }}), length({{ b }})) < 4 then false
        when abs(length({{ a }}) - length({{ b }})) > 2 then false
        when
            levenshtein({{ a }}, {{ b }})
            <= case when least(length({{ a }}), length({{ b }})) >= 8 then 2 else 1 end
            then true
        when length({{ a }}) > 7 or length({{ b }}) <> length({{ a }}) then false
        else {{ neighbours_swapped(a, b, 7) }}
    end
{%- endmacro %}

{#- Whether two words of at most so many letters differ in two neighbours only that changed places. -#}
{% macro neighbours_swapped(a, b, most_letters) -%}
    {{ b }} in (
        {%- for i in range(1, most_letters) %}
        substr({{ a }}, 1, {{ i - 1 }}) || substr({{ a }}, {{ i + 1 }}, 1) || substr({{ a }}, {{ i }}, 1)
        || substr({{ a }}, {{ i + 2 }})
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#-
    Carla and Carlo, Paul and Paula, Daniel and Danielle, Christian and Christina, Alexander and Alexandra (in Cyrillic too):
    two people in most families that have both.
-#}
{% macro differ_in_gender(a, b) -%}
    (
        (
            substr({{ a }}, 1, length({{ a }}) - 1) = substr({{ b }}, 1, length({{ b }}) - 1)
            and substr({{ a }}, length({{ a }})) in ('a', 'e', 'o')
            and substr({{ b }}, length({{ b }})) in ('a', 'e', 'o')
            and {{ a }} <> {{ b }}
        )
        or {{ a }} in ({{ b }} || 'a', {{ b }} || 'e', {{ b }} || 'o', {{ b }} || 'le', {{ b }} || 'а')
        or {{ b }} in ({{ a }} || 'a', {{ a }} || 'e', {{ a }} || 'o', {{ a }} || 'le', {{ a }} || 'а')
        or least({{ a }}, {{ b }}) || ' ' || greatest({{ a }}, {{ b }}) in ('andrea andreas', 'frances francis')
        {%- for endings in ["'an', 'na'", "'er', 'ra'"] %}
        or (
            substr({{ a }}, 1, length({{ a }}) - 2) = substr({{ b }}, 1, length({{ b }}) - 2)
            and substr({{ a }}, length({{ a }}) - 1) in ({{ endings }})
            and substr({{ b }}, length({{ b }}) - 1) in ({{ endings }})
            and {{ a }} <> {{ b }}
        )
        {%- endfor %}
    )
{%- endmacro %}

{#- Given names in comparison form after the first; null where there is one only. -#}
{% macro further_names(first_name_key) -%}
    nullif(substr({{ first_name_key }}, length(split_part({{ first_name_key }}, ' ', 1)) + 2), '')
{%- endmacro %}

{#-
    Whether two holders of one value go by the same given name: equal (nicknames already resolved), an initial of it,
    a typing error (but not one that makes a man's name a woman's), or first and last name swapped. Where both have
    more given names, those must agree as well: Jean-Pierre and Jean-Marc are brothers. Aliases have first_name,
    further_names (the given names after the first), turned_name (the family name read as a given name) in comparison
    form, and gender.
-#}
{% macro same_given_name(a, b) -%}
    case
        when {{ a }}.first_name is null or {{ b }}.first_name is null then null
        when {{ a }}.first_name = {{ b }}.first_name
            then coalesce({{ further_names_agree(a ~ '.further_names', b ~ '.further_names') }}, true)
        when {{ is_initial(a ~ '.first_name', b ~ '.first_name') }} then true
        when
            {{ alike(a ~ '.first_name', b ~ '.first_name') }}
            and not {{ differ_in_gender(a ~ '.first_name', b ~ '.first_name') }}
            and not coalesce({{ a }}.gender <> {{ b }}.gender, false)
            then true
        when {{ alike(a ~ '.first_name', b ~ '.turned_name') }}
            then coalesce({{ alike(b ~ '.first_name', a ~ '.turned_name') }}, false)
        else false
    end
{%- endmacro %}

{#-
    Whether the given names after the first agree: one begins or ends with the other ("Ann" and "A", "Ann Louise" and
    "Louise"), or a typing error. Null where a side has none.
-#}
{% macro further_names_agree(a, b) -%}
    case when {{ is_part(a, b) }} then true else {{ alike(a, b) }} end
{%- endmacro %}

{#- Whether the longer of two texts begins with all letters of the shorter, or ends with its whole words. -#}
{% macro is_part(a, b) -%}
    case
        when length({{ a }}) < length({{ b }}) then {{ _begins_or_ends(b, a) }}
        else {{ _begins_or_ends(a, b) }}
    end
{%- endmacro %}

{% macro _begins_or_ends(longer, shorter) -%}
    (
        {{ shorter }} = substr({{ longer }}, 1, length({{ shorter }}))
        or ' ' || {{ shorter }} = substr({{ longer }}, length({{ longer }}) - length({{ shorter }}))
    )
{%- endmacro %}

{#- Whether one of two words is the first letter of the other; not in scripts whose letters are words (Han, Hangul, kana). -#}
{% macro is_initial(a, b) -%}
    (
        least(length({{ a }}), length({{ b }})) = 1
        and substr({{ a }}, 1, 1) = substr({{ b }}, 1, 1)
        and {{ a }} < '⺀'
    )
{%- endmacro %}

{#-
    Two known birth dates that no slip explains: of two characters (a digit, day and month swapped), day and month
    swapped whatever their digits, or a day more or less, as where time zones make New Year's Day New Year's Eve.
-#}
{% macro different_birth_dates(a, b) -%}
    {%- set text_a, text_b = 'cast(' ~ a ~ ' as ' ~ dbt.type_string() ~ ')', 'cast(' ~ b ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    case
        when {{ a }} is null or {{ b }} is null or {{ a }} = {{ b }} then false
        when levenshtein({{ text_a }}, {{ text_b }}) <= 2 then false
        when
            substr({{ text_a }}, 1, 5) = substr({{ text_b }}, 1, 5)
            and substr({{ text_a }}, 6, 2) = substr({{ text_b }}, 9, 2)
            and substr({{ text_a }}, 9, 2) = substr({{ text_b }}, 6, 2)
            then false
        else abs({{ days_between_dates(a, b) }}) > 1
    end
{%- endmacro %}

{#- Two aliases, one of which is, say, Senior and the other Junior; born on one day, they are one, and one suffix is a mistake. -#}
{% macro different_suffixes(a, b) -%}
    (
        {{ a }}.name_suffix <> {{ b }}.name_suffix
        and coalesce({{ a }}.birth_date <> {{ b }}.birth_date, true)
    )
{%- endmacro %}

{#- Two aliases (as for same_given_name, and birth_date and name_suffix) that cannot be one person. -#}
{% macro contradict(a, b) -%}
    case
        when {{ different_birth_dates(a ~ '.birth_date', b ~ '.birth_date') }} then true
        when {{ different_suffixes(a, b) }} then true
        else not {{ same_given_name(a, b) }}
    end
{%- endmacro %}
