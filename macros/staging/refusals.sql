{#-
    One row a text of a column that rules.refusal_words knows: `said` and its `meaning`. Read by text, not by row: there
    are few words, and many rows. Who names another channel beside e-mail ('e-mail and SMS') means e-mail too. `words` is the
    CTE of the rules.
-#}
{% macro read_refusal_words(kind, column, relation, words='refusal_words') -%}
    {%- set word_key -%}
        {{ regex_replace("lower(substr(" ~ words ~ ".word, 1, 100))", '[^\\p{L}\\p{N}]+', '') }}
    {%- endset -%}
    select
        texts.said,
        {{ first_by(
            words ~ ".meaning",
            "case when texts.word_key = " ~ word_key ~ " then 0 when " ~ words ~ ".meaning = 'other' then 2 else 1 end || "
            ~ "cast(1000 - length(" ~ words ~ ".word) as " ~ dbt.type_string() ~ ") || "
            ~ words ~ ".word || cast(" ~ words ~ ".is_part as " ~ dbt.type_string() ~ ")"
        ) }} as meaning
    from (
        select
            {{ column }} as said,
            {{ regex_replace("lower(substr(" ~ column ~ ", 1, 100))", '[^\\p{L}\\p{N}]+', '') }}
                as word_key
        from {{ relation }}
        where {{ column }} is not null
        group by {{ column }}
    ) as texts
    inner join {{ words }}
        on {{ words }}.kind = '{{ kind }}'
        and (
            texts.word_key = {{ word_key }}
            or ({{ words }}.is_part and position({{ word_key }} in texts.word_key) > 0)
        )
    group by texts.said
{%- endmacro %}

{#-
    A time of exactly midnight is a day without a time, which may be any of that day: its end, but not after `latest`.
-#}
{% macro end_of_day(instant, latest) -%}
    case
        when {{ instant }} = {{ dbt.date_trunc('day', instant) }} and {{ instant }} < {{ latest }}
            then least({{ add_seconds(instant, 86399) }}, {{ latest }})
        else {{ instant }}
    end
{%- endmacro %}

{#-
    When something that is no consent was said. A time that cannot be read never makes a refusal void: it counts from its
    receipt, and where that is unknown too, as the latest of all. Clocks before 1995 were never set.
-#}
{% macro refused_at(given, receipt) -%}
    coalesce(
        case
            when {{ given }} >= cast('1995-01-01' as timestamp)
                then {{ end_of_day(given, 'coalesce(' ~ receipt ~ ', ' ~ as_of() ~ ')') }}
        end,
        {{ receipt }},
        {{ as_of() }}
    )
{%- endmacro %}

{#-
    Every address inside a text, in standard form and joined by ';': of '"Ann" <a@x.org>', 'mailto:a@x.org', 'a@x.org,',
    'a@x.org; b@x.org'. Only for refusals: whose else it may be does not matter for those.
-#}
{% macro addresses_within(expression) -%}
    {%- set text = regex_replace("substr(" ~ expression ~ ", 1, 2000)", '\\p{Cf}+', '') -%}
    {%- set text = decode_entities(text) -%}
    {%- set text = "replace(replace(replace(replace(" ~ text ~ ", '%40', '@'), '＠', '@'), '．', '.'), '%2B', '+')" -%}
    {%- set text = regex_replace(text, '[\\p{Z}\\p{Cc}]*[(\\[{][\\p{Z}]*[aA][tT][\\p{Z}]*[)\\]}][\\p{Z}\\p{Cc}]*', '@') -%}
    {%- set text = regex_replace(text, '[\\p{Z}\\p{Cc}]*@[\\p{Z}\\p{Cc}]*', '@') -%}
    {%- set text = regex_replace(text, '%[0-9A-Fa-f]{2}|[^A-Za-z0-9._+~\\x27@-]+', ';') -%}
    {%- set text = regex_replace(text, '(?:^|;)[.\\x27~-]+|[.\\x27~-]+(?:;|\\z)', ';') -%}
    {{ standard_parts(text, ';', standardise_email) }}
{%- endmacro %}
