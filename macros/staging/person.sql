{#-
    What contacts, shop accounts and orders say of a person, read in two steps, because the second needs the country:
    these macros give the columns of each step. The first step reads the raw columns <prefix>first_name and so on, the
    second the first one's, in a CTE that joins country_aliases and the abbreviations of streets. Both join no_values.
-#}

{#- First step: clean_first_name, clean_last_name. -#}
{% macro clean_names(prefix='') -%}
    {{ clean_text(prefix ~ 'first_name') }} as clean_first_name,
        {{ clean_text(prefix ~ 'last_name') }} as clean_last_name
{%- endmacro %}

{#- Second step: first_name, last_name, first_name_key, last_name_key. -#}
{% macro standard_names(cte) -%}
    {{ name_display(cte ~ '.clean_first_name', 'given_name') }} as first_name,
        {{ name_display(cte ~ '.clean_last_name', 'family_name') }} as last_name,
        {{ given_names_key(cte ~ '.clean_first_name') }} as first_name_key,
        {{ name_key(cte ~ '.clean_last_name') }} as last_name_key
{%- endmacro %}

{#- First step: street_address, street_words, city, region, country_key. -#}
{% macro clean_address(prefix='') -%}
    {{ known(clean_text(prefix ~ 'street_address', 200), 'place') }} as street_address,
        {{ street_words(known(prefix ~ 'street_address', 'place')) }} as street_words,
        {{ known(clean_text(prefix ~ 'city', 100), 'place') }} as city,
        {{ known(clean_text(prefix ~ 'region', 100), 'place') }} as region,
        {{ text_key('substr(' ~ prefix ~ 'country, 1, 100)') }} as country_key
{%- endmacro %}

{#- Second step: street_key, city_key, postal_code, country. -#}
{% macro standard_address(cte, prefix='') -%}
    {{ replace_words(cte ~ '.street_words', 'abbreviations.words') }} as street_key,
        {{ text_key(cte ~ '.city') }} as city_key,
        {{ postal_code(cte ~ '.raw_' ~ prefix ~ 'postal_code', 'country_aliases.country') }} as postal_code,
        country_aliases.country
{%- endmacro %}
