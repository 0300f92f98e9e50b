{#-
    Whether two holders of one value go by the same given name: equal (nicknames already resolved), an initial of it,
    a typing error, or first and last name swapped. Aliases have first_name and last_name in comparison form.
-#}
{% macro same_given_name(a, b) -%}
    (
        {{ a }}.first_name = {{ b }}.first_name
        or (
            least(length({{ a }}.first_name), length({{ b }}.first_name)) = 1
            and substr({{ a }}.first_name, 1, 1) = substr({{ b }}.first_name, 1, 1)
        )
        or (
            least(length({{ a }}.first_name), length({{ b }}.first_name)) >= 4
            and levenshtein({{ a }}.first_name, {{ b }}.first_name)
            <= case when least(length({{ a }}.first_name), length({{ b }}.first_name)) >= 8 then 2 else 1 end
        )
        or (
            coalesce({{ a }}.first_name = {{ b }}.last_name, false)
            and coalesce({{ b }}.first_name = {{ a }}.last_name, false)
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
