{#-
    Whether two words are one, with a typing error: one edit from 4 letters on, two from 8 on, or two neighbours
    swapped (which Levenshtein counts as two edits).
-#}
{% macro alike(a, b) -%}
    (
        {{ a }} = {{ b }}
        or (
            least(length({{ a }}), length({{ b }})) >= 4
            and levenshtein({{ a }}, {{ b }})
            <= case when least(length({{ a }}), length({{ b }})) >= 8 then 2 else 1 end
        )
        or (
            length({{ a }}) between 4 and 7
            and length({{ b }}) = length({{ a }})
            and levenshtein({{ a }}, {{ b }}) = 2
            and {{ b }} in (
                {%- for i in range(1, 7) %}
                substr({{ a }}, 1, {{ i - 1 }}) || substr({{ a }}, {{ i + 1 }}, 1) || substr({{ a }}, {{ i }}, 1)
                || substr({{ a }}, {{ i + 2 }})
                {{- ',' if not loop.last }}
                {%- endfor %}
            )
        )
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
    (
        (
            {{ alike(a ~ '.first_name', b ~ '.first_name') }}
            and not {{ differ_in_gender(a ~ '.first_name', b ~ '.first_name') }}
        )
        or (
            least(length({{ a }}.first_name), length({{ b }}.first_name)) = 1
            and substr({{ a }}.first_name, 1, 1) = substr({{ b }}.first_name, 1, 1)
        )
        or (
            coalesce({{ alike(a ~ '.first_name', b ~ '.turned_name') }}, false)
            and coalesce({{ alike(b ~ '.first_name', a ~ '.turned_name') }}, false)
        )
    )
{%- endmacro %}

{#- Two known birth dates that no slip of two characters (a digit, day and month swapped) explains. -#}
{% macro different_birth_dates(a, b) -%}
    coalesce(
        levenshtein(
            cast({{ a }} as {{ dbt.type_string() }}), cast({{ b }} as {{ dbt.type_string() }})
        ) > 2,
        false
    )
{%- endmacro %}

{#- Two aliases (first_name, turned_name, birth_date) that cannot be one person. -#}
{% macro contradict(a, b) -%}
    (
        not {{ same_given_name(a, b) }}
        or {{ different_birth_dates(a ~ '.birth_date', b ~ '.birth_date') }}
    )
{%- endmacro %}
