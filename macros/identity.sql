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

{#- Carla and Carlo, Paul and Paula, Alexander and Alexandra: two people in most families that have both. -#}
{% macro differ_in_gender(a, b) -%}
    (
        (
            substr({{ a }}, 1, length({{ a }}) - 1) = substr({{ b }}, 1, length({{ b }}) - 1)
            and substr({{ a }}, length({{ a }})) in ('a', 'e', 'o')
            and substr({{ b }}, length({{ b }})) in ('a', 'e', 'o')
            and {{ a }} <> {{ b }}
        )
        or {{ a }} in ({{ b }} || 'a', {{ b }} || 'e', {{ b }} || 'o')
        or {{ b }} in ({{ a }} || 'a', {{ a }} || 'e', {{ a }} || 'o')
        or (
            substr({{ a }}, 1, length({{ a }}) - 2) = substr({{ b }}, 1, length({{ b }}) - 2)
            and substr({{ a }}, length({{ a }}) - 1) in ('er', 'ra')
            and substr({{ b }}, length({{ b }}) - 1) in ('er', 'ra')
            and {{ a }} <> {{ b }}
        )
    )
{%- endmacro %}

{#-
    Whether two holders of one value go by the same given name: equal (nicknames already resolved), an initial of it,
    a typing error (but not one that makes a man's name a woman's), or first and last name swapped. Aliases have
    first_name and turned_name (the family name read as a given name) in comparison form.
-#}
{% macro same_given_name(a, b) -%}
    case
        when {{ a }}.first_name is null or {{ b }}.first_name is null then null
        when {{ a }}.first_name = {{ b }}.first_name then true
        when
            least(length({{ a }}.first_name), length({{ b }}.first_name)) = 1
            and substr({{ a }}.first_name, 1, 1) = substr({{ b }}.first_name, 1, 1)
            then true
        when
            {{ alike(a ~ '.first_name', b ~ '.first_name') }}
            and not {{ differ_in_gender(a ~ '.first_name', b ~ '.first_name') }}
            then true
        when {{ alike(a ~ '.first_name', b ~ '.turned_name') }}
            then coalesce({{ alike(b ~ '.first_name', a ~ '.turned_name') }}, false)
        else false
    end
{%- endmacro %}

{#- Two known birth dates that no slip of two characters (a digit, day and month swapped) explains. -#}
{% macro different_birth_dates(a, b) -%}
    case
        when {{ a }} = {{ b }} then false
        else coalesce(
            levenshtein(
                cast({{ a }} as {{ dbt.type_string() }}), cast({{ b }} as {{ dbt.type_string() }})
            ) > 2,
            false
        )
    end
{%- endmacro %}

{#- Two aliases (first_name, turned_name, birth_date) that cannot be one person. -#}
{% macro contradict(a, b) -%}
    case
        when {{ different_birth_dates(a ~ '.birth_date', b ~ '.birth_date') }} then true
        else not {{ same_given_name(a, b) }}
    end
{%- endmacro %}
