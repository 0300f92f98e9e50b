{#-
    How alike two profiles are, field by field. `pairs` is a relation or CTE with profile_a and profile_b (profile_id of
    identity_profiles, which the query must have in scope as `profiles`); the columns of `keep` are passed on. Gives one
    level a comparison, null where either side says nothing, or two names are in different scripts:

    first_name   exact, nickname (one name in full form, and no further name that differs), initial, typo, part (one ends
                 with the words or begins with the letters of the other), similar, different; swapped, swapped_typo,
                 swapped_part where first and last name changed places, or one of them did
    last_name    exact, typo, part, similar, different; null where the names are swapped, which counts once
    birth_date   exact, slip (one digit, day and month changed places, or the next day in another month), near (two digits
                 of the day or of the year), year, digits (any two), different
    location     postal_code_and_city, postal_code, postal_typo_and_city, postal_and_city_typo, city, city_typo, postal_typo, different
    city         exact, typo, different; only where a side has no postal code, so that location has nothing to compare
    street       exact, typo (its number at most one digit off), part (same number; one name begins the other, or both begin with
                 the same five letters), same_street, same_number, similar, different
    email        exact, local_part, typo, different; null also where only a short number or a mark between words differs
    phone        exact, typo (one digit), different
    gender       same, different

    and are_namesakes: whether one is, say, Senior and the other Junior, not born on one day.

    All are made of equality, Levenshtein distance and prefixes, which every engine has.
-#}
{% macro compare_profiles(pairs, keep=[]) -%}
with sides as (
    select
        {% for column in keep %}pairs.{{ column }},
        {% endfor -%}
        pairs.profile_a,
        pairs.profile_b,
        a.first_names as first_names_a,
        b.first_names as first_names_b,
        a.last_names as last_names_a,
        b.last_names as last_names_b,
        a.first_name as first_name_a,
        b.first_name as first_name_b,
        a.last_name as last_name_a,
        b.last_name as last_name_b,
        a.given_name as given_name_a,
        b.given_name as given_name_b,
        a.name_suffix as suffix_a,
        b.name_suffix as suffix_b,
        a.birth_date_key as birth_a,
        b.birth_date_key as birth_b,
        a.postal_code as postal_a,
        b.postal_code as postal_b,
        a.street as street_a,
        b.street as street_b,
        a.street_name as street_name_a,
        b.street_name as street_name_b,
        a.house_number as number_a,
        b.house_number as number_b,
        a.email as email_a,
        b.email as email_b,
        a.email_local_part as local_a,
        b.email_local_part as local_b,
        a.gender as gender_a,
        b.gender as gender_b,
        {{ _edits('a.first_name', 'b.first_name', 4) }} as first_name_distance,
        {{ _edits('a.last_name', 'b.last_name', 4) }} as last_name_distance,
        {{ _typos('a.first_name', 'b.first_name') }} as first_name_typos,
        {{ _typos('a.last_name', 'b.last_name') }} as last_name_typos,
        levenshtein(a.birth_date_key, b.birth_date_key) as birth_distance,
        {{ _distance('a.postal_code', 'b.postal_code', 1) }} as postal_distance,
        {{ _distance('a.city', 'b.city', 2) }} as city_distance,
        {{ _typos('a.city', 'b.city') }} as city_typos,
        {{ _distance('a.street', 'b.street', 8) }} as street_distance,
        {{ _distance('a.phone', 'b.phone', 1) }} as phone_distance
    from {{ pairs }} as pairs
    inner join profiles as a on pairs.profile_a = a.profile_id
    inner join profiles as b on pairs.profile_b = b.profile_id
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
    from sides
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
