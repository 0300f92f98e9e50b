{#- The fields that two profiles are compared in, in the order of the waterfall. See compare_profiles. -#}
{% macro comparisons() -%}
    {{ return([
        'first_name', 'last_name', 'birth_date', 'location', 'city', 'street', 'email', 'phone', 'gender'
    ]) }}
{%- endmacro %}

{#-
    How alike two profiles are, field by field: one level a comparison, described at identity_compared, and are_namesakes.
    `pairs` is a relation or CTE with profile_a and profile_b (profile_id of identity_profiles, which the query must have in
    scope as `profiles`); the columns of `keep` are passed on.

    All levels are made of equality, Levenshtein distance and prefixes, which every engine has, and are the same whichever of the
    two profiles comes first.
-#}
{% macro compare_profiles(pairs, keep=[]) -%}
with sides as (
    select
        {% for column in keep %}pairs.{{ column }},
        {% endfor -%}
        pairs.profile_a,
        pairs.profile_b,
        {%- for name, column in compared_columns().items() %}
            a.{{ column }} as {{ name }}_a,
            b.{{ column }} as {{ name }}_b{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ pairs }} as pairs
    inner join profiles as a on pairs.profile_a = a.profile_id
    inner join profiles as b on pairs.profile_b = b.profile_id
),

distances as (
    select
        *,
        {{ _edits('first_name_a', 'first_name_b', 4) }} as first_name_distance,
        {{ _edits('last_name_a', 'last_name_b', 4) }} as last_name_distance,
        {{ _typos('first_name_a', 'first_name_b') }} as first_name_typos,
        {{ _typos('last_name_a', 'last_name_b') }} as last_name_typos,
        levenshtein(birth_a, birth_b) as birth_distance,
        {{ _distance('postal_a', 'postal_b', 1) }} as postal_distance,
        {{ _distance('city_a', 'city_b', 2) }} as city_distance,
        {{ _typos('city_a', 'city_b') }} as city_typos,
        {{ _distance('street_a', 'street_b', 8) }} as street_distance,
        {{ _distance('phone_a', 'phone_b', 1) }} as phone_distance
    from sides
),

-- Names are read crosswise only where they do not agree as they stand.
crossed as (
    select
        *,
        case
            when
                first_name_distance <= first_name_typos or last_name_distance <= last_name_typos
                then null
            when first_name_a = last_name_b and last_name_a = first_name_b then 'swapped'
            when
                {{ _edits('first_name_a', 'last_name_b', 2) }}
                <= {{ _typos('first_name_a', 'last_name_b') }}
                and {{ _edits('last_name_a', 'first_name_b', 2) }}
                <= {{ _typos('last_name_a', 'first_name_b') }}
                then 'swapped_typo'
            when
                {{ _alike_across('first_name_a', 'last_name_b') }}
                or {{ _alike_across('last_name_a', 'first_name_b') }}
                then 'swapped_part'
        end as crosswise
    from distances
)

select
    {% for column in keep %}{{ column }},
    {% endfor -%}
    profile_a,
    profile_b,
    case
        when crosswise is not null then crosswise
        when first_names_a is null or first_names_b is null then null
        when first_names_a = first_names_b then 'exact'
        when
            given_name_a = given_name_b
            and coalesce({{ further_names_agree(
                further_names('first_names_a'), further_names('first_names_b')
            ) }}, true)
            then 'nickname'
        when {{ is_initial('first_name_a', 'first_name_b') }} then 'initial'
        when first_name_distance <= first_name_typos then 'typo'
        when {{ is_part('first_names_a', 'first_names_b') }} then 'part'
        when first_name_distance <= {{ _longest('first_name_a', 'first_name_b') }} * 0.4
            then 'similar'
        when {{ _in_two_scripts('first_name_a', 'first_name_b') }} then null
        else 'different'
    end as first_name_level,
    case
        when crosswise is not null or last_names_a is null or last_names_b is null then null
        when last_name_a = last_name_b then 'exact'
        when last_name_distance <= last_name_typos then 'typo'
        when {{ is_part('last_names_a', 'last_names_b') }} then 'part'
        when last_name_distance <= {{ _longest('last_name_a', 'last_name_b') }} * 0.4
            then 'similar'
        when {{ _in_two_scripts('last_name_a', 'last_name_b') }} then null
        else 'different'
    end as last_name_level,
    case
        when birth_distance is null then null
        when birth_distance = 0 then 'exact'
        when birth_distance = 1 then 'slip'
        when
            substr(birth_a, 1, 4) = substr(birth_b, 1, 4)
            and substr(birth_a, 5, 2) = substr(birth_b, 7, 2)
            and substr(birth_a, 7, 2) = substr(birth_b, 5, 2)
            then 'slip'
        -- The last day of a month and the next, as where a time zone makes New Year's Day New Year's Eve.
        when
            greatest(birth_a, birth_b) like '%01'
            and least(birth_a, birth_b) between substr(least(birth_a, birth_b), 1, 6) || '28'
            and substr(least(birth_a, birth_b), 1, 6) || '31'
            and {{ _days_apart('birth_a', 'birth_b') }} = 1
            then 'slip'
        when
            birth_distance = 2
            and (
                substr(birth_a, 1, 4) = substr(birth_b, 1, 4)
                or substr(birth_a, 5, 4) = substr(birth_b, 5, 4)
            )
            then 'near'
        when substr(birth_a, 1, 4) = substr(birth_b, 1, 4) then 'year'
        when birth_distance = 2 then 'digits'
        else 'different'
    end as birth_date_level,
    case
        when postal_distance is null then null
        when
            postal_distance = 0 and (city_distance is null or city_distance <= city_typos)
            then 'postal_code_and_city'
        when postal_distance = 0 then 'postal_code'
        when
            city_distance <= city_typos
            and least(length(postal_a), length(postal_b)) >= 4
            and (
                postal_distance = 1
                -- As when two neighbouring characters change places.
                or (
                    substr(postal_a, 1, 2) = substr(postal_b, 1, 2)
                    and levenshtein(postal_a, postal_b) = 2
                )
            )
            then case when city_distance = 0 then 'postal_typo_and_city' else 'postal_and_city_typo' end
        when city_distance = 0 then 'city'
        when city_distance <= city_typos then 'city_typo'
        when postal_distance = 1 then 'postal_typo'
        else 'different'
    end as location_level,
    case
        when postal_distance is not null or city_distance is null then null
        when city_distance = 0 then 'exact'
        when city_distance <= city_typos then 'typo'
        else 'different'
    end as city_level,
    case
        when street_a is null or street_b is null then null
        when street_a = street_b then 'exact'
        when
            street_distance <= {{ _longest('street_a', 'street_b') }} * 0.2
            -- Another number is a neighbour; one digit more or less may be a slip.
            and coalesce({{ _distance('number_a', 'number_b', 1) }}, 0) <= 1
            then 'typo'
        when
            number_a = number_b
            and (
                street_name_a = substr(street_name_b, 1, length(street_name_a))
                or street_name_b = substr(street_name_a, 1, length(street_name_b))
                -- What follows is most often a kind of street, misspelt or another word for it.
                or (
                    length(street_name_a) > 5
                    and substr(street_name_a, 1, 5) = substr(street_name_b, 1, 5)
                )
            )
            then 'part'
        when
            length(street_name_a) > 0
            and length(street_name_b) > 0
            and {{ _distance('street_name_a', 'street_name_b', 4) }}
            <= {{ _longest('street_name_a', 'street_name_b') }} * 0.2
            then 'same_street'
        when number_a = number_b then 'same_number'
        when street_distance <= {{ _longest('street_a', 'street_b') }} * 0.4 then 'similar'
        else 'different'
    end as street_level,
    case
        when email_a is null or email_b is null then null
        when email_a = email_b then 'exact'
        when local_a = local_b then 'local_part'
        -- The domains first: most differ, and are cheaper to tell apart.
        when
            substr(email_a, length(local_a) + 1) = substr(email_b, length(local_b) + 1)
            and {{ _distance('local_a', 'local_b', 2) }} <= {{ _typos('local_a', 'local_b') }}
            then
                -- As namesakes' addresses do: another short number, or another mark between the words.
                case
                    when
                        {{ _letters('local_a') }} = {{ _letters('local_b') }}
                        and least({{ _digits('local_a') }}, {{ _digits('local_b') }}) < 5
                        then null
                    else 'typo'
                end
        else 'different'
    end as email_level,
    case
        when phone_distance is null then null
        when phone_distance = 0 then 'exact'
        when phone_distance = 1 then 'typo'
        else 'different'
    end as phone_level,
    case
        when gender_a is null or gender_b is null then null
        when gender_a = gender_b then 'same'
        else 'different'
    end as gender_level,
    coalesce(suffix_a <> suffix_b, false) and coalesce(birth_a <> birth_b, true) as are_namesakes
from crossed
{%- endmacro %}

{#- What it compares: columns of identity_profiles, under the names that it gives them. -#}
{% macro compared_columns() -%}
    {{ return({
        'first_names': 'first_names',
        'last_names': 'last_names',
        'first_name': 'first_name',
        'last_name': 'last_name',
        'given_name': 'given_name',
        'suffix': 'name_suffix',
        'birth': 'birth_date_key',
        'gender': 'gender',
        'postal': 'postal_code',
        'city': 'city',
        'street': 'street',
        'street_name': 'street_name',
        'number': 'house_number',
        'email': 'email',
        'local': 'email_local_part',
        'phone': 'phone',
    }) }}
{%- endmacro %}

{#- Levenshtein distance; 99 where the lengths alone put it beyond `most`, which is cheaper to tell. -#}
{% macro _distance(a, b, most) -%}
    case
        when {{ a }} = {{ b }} then 0
        when abs(length({{ a }}) - length({{ b }})) > {{ most }} then 99
        else levenshtein({{ a }}, {{ b }})
    end
{%- endmacro %}

{#- The same, but two neighbouring letters that changed places in a word of up to five are one edit, not two. -#}
{% macro _edits(a, b, most) -%}
    case
        when
            {{ a }} <> {{ b }}
            and length({{ a }}) = length({{ b }})
            and length({{ a }}) <= 5
            and {{ neighbours_swapped(a, b, 5) }}
            then 1
        else {{ _distance(a, b, most) }}
    end
{%- endmacro %}

{#- Where one of two names only is in the other's place, a typo is taken for one from five letters on. -#}
{% macro _alike_across(a, b) -%}
    (
        {{ a }} = {{ b }}
        or (least(length({{ a }}), length({{ b }})) >= 5 and {{ _edits(a, b, 2) }} <= {{ _typos(a, b) }})
    )
{%- endmacro %}

{#- How many slips of the pen a word of this length may have and still be the same. -#}
{% macro _typos(a, b) -%}
    case
        when {{ _longest(a, b) }} >= 6 then 2
        when {{ _longest(a, b) }} >= 3 then 1
        else 0
    end
{%- endmacro %}

{% macro _longest(a, b) -%}
    greatest(length({{ a }}), length({{ b }}))
{%- endmacro %}

{#- One in Latin letters, the other not: how alike they sound is not to be seen. -#}
{% macro _in_two_scripts(a, b) -%}
    ({{ a }} between 'a' and '{') <> ({{ b }} between 'a' and '{')
{%- endmacro %}

{#- Days between two birth_date_keys; null where one is no date. -#}
{% macro _days_apart(a, b) -%}
    {%- set dates = [] -%}
    {%- for key in [a, b] -%}
        {%- do dates.append(try_cast(
            "(substr(" ~ key ~ ", 1, 4) || '-' || substr(" ~ key ~ ", 5, 2) || '-' || substr(" ~ key ~ ", 7, 2))", 'date'
        )) -%}
    {%- endfor -%}
    abs({{ days_between_dates(dates[0], dates[1]) }})
{%- endmacro %}

{#- The letters of a local part, without digits and what is put between words. -#}
{% macro _letters(local_part) -%}
    {{ regex_replace(local_part, '[0-9._+-]', '') }}
{%- endmacro %}

{#- How many digits a local part has. -#}
{% macro _digits(local_part) -%}
    length({{ local_part }}) - length({{ regex_replace(local_part, '[0-9]', '') }})
{%- endmacro %}
