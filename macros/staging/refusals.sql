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
    {{ refused_before(given, 'coalesce(' ~ receipt ~ ', ' ~ as_of() ~ ')') }}
{%- endmacro %}

{#- The same for a receipt that is known; without one, what was given, or null. -#}
{% macro refused_before(given, receipt) -%}
    coalesce(
        case
            when {{ given }} >= cast('1995-01-01' as timestamp) then {{ end_of_day(given, receipt) }}
        end,
        {{ receipt }}
    )
{%- endmacro %}

{#- What refused_before() gave, as refused_at() would have it: for a column that depends on as_of (decide_fates). -#}
{% macro refused_by_clock(refused_at, has_no_receipt) -%}
    case when {{ has_no_receipt }} then {{ refused_before(refused_at, as_of()) }} else {{ refused_at }} end
{%- endmacro %}

{#- What people and programs write to an address when it is no longer to be written to: 'a@x.org_unsubscribed', 'a@x.org.invalid'. -#}
{% macro marks_of_refusal() -%}
unsub[a-z]*|opt(?:ed)?[._-]?out|withdrawn|revoked|refused|do[._-]?not[._-]?(?:contact|e?mail|send|use)|no[._-]?e?mail
{{- '' -}} |invalid|deleted|removed|bounced|suppressed|blocked|blacklisted|disabled|deactivated|inactive|complained|abuse
{%- endmacro %}

{#- Whether an address is one alone: nothing is packed into it, as an address in a sender's or a mark at its end. -#}
{% macro is_plain_address(email) -%}
    coalesce(
        {{ regex_full_match(email, '[a-z0-9_+][^=#]*') }}
        and {{ regex_extract(email, '[-_+]at[-_+]|' ~ marks_of_refusal(), 0) }} is null,
        false
    )
{%- endmacro %}

{#-
    Every address inside a text, in standard form and joined by ';': of '"Ann" <a@x.org>', 'mailto:a@x.org', 'a@x.org,',
    'a@x.org; b@x.org', 'a (at) x (dot) org', 'a@x.org_unsubscribed', 'unsubscribe+a=x.org@shop.org' (with each end of what stands
    before the '=', since nobody knows where the name begins). Only for refusals: whose else it may be does not matter for those.
-#}
{% macro addresses_within(expression) -%}
    {%- set name = '[A-Za-z0-9._~\\x27]+' -%}
    {%- set domain = '(?:[A-Za-z0-9-]+[.])+[A-Za-z]{2,}' -%}
    {%- set at = '(?:at|ät|arroba|chiocciola)' -%}
    {%- set dot = '(?:dot|punkt|punto|point|ponto)' -%}
    {%- set apart = '[^\\p{L}\\p{N}@.]+' -%}
    {%- set ns = namespace(text=decode_entities(
        regex_replace("substr(" ~ expression ~ ", 1, 2000)", '\\p{Cf}+', '')
    )) -%}
    {%- for written, meant in [
        ('%40', '@'), ('＠', '@'), ('．', '.'), ('%2B', '+'), ('%2b', '+'), ('%3D', '='), ('%3d', '='),
    ] -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ written ~ "', '" ~ meant ~ "')" -%}
    {%- endfor -%}
    {%- for pattern, meant in [
        ('(?i)[\\p{Z}\\p{Cc}]*[(\\[{<][\\p{Z}]*' ~ at ~ '[\\p{Z}]*[)\\]}>][\\p{Z}\\p{Cc}]*', '@'),
        ('[\\p{Z}\\p{Cc}]*@[\\p{Z}\\p{Cc}]*', '@'),
        ('(?i)^([^@]*?)' ~ apart ~ at ~ apart ~ '([^@]*)\\z', '\\1@\\2'),
        ('(?i)' ~ apart ~ dot ~ apart, '.'),
        ('(@[A-Za-z0-9-]+)[\\p{Z}]*[.,][\\p{Z}]*([A-Za-z]{2,})', '\\1.\\2'),
        ('(@' ~ domain ~ ')[_+]+', '\\1;'),
        ('(?i)(@(?:[A-Za-z0-9-]+[.])+[A-Za-z]{2,}?)[._+~-]*(?:' ~ marks_of_refusal() ~ ')', '\\1;'),
        ('(?i)(^|[^A-Za-z0-9._+~\\x27-])(?:' ~ marks_of_refusal() ~ ')[._~-]+([A-Za-z0-9._+~\\x27-]+@)', '\\1\\2'),
        (
            '(?i)((?:' ~ name ~ '[+-])?)((?:' ~ name ~ '[+-])*)(' ~ name ~ ')(?:=|[-_+]at[-_+]|#)(' ~ domain ~ ')',
            '\\1\\2\\3@\\4;\\2\\3@\\4;\\3@\\4;\\3=\\4'
        ),
        ('(' ~ domain ~ ')=([A-Za-z0-9._+~\\x27-]+)@', '\\2@\\1;\\2@'),
        ('%[0-9A-Fa-f]{2}|[^A-Za-z0-9._+~\\x27@-]+', ';'),
        ('(?:^|;)[.\\x27~-]+|[.\\x27~-]+(?:;|\\z)', ';'),
    ] -%}
        {%- set ns.text = regex_replace(ns.text, pattern, meant) -%}
    {%- endfor -%}
    {{ standard_parts(ns.text, ';', standardise_email) }}
{%- endmacro %}
