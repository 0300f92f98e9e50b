{#-
    Stops a run before anything is built where a var is not what it can be: vars become parts of queries. A hook at the
    start of every run (dbt_project.yml).
-#}
{% macro check_vars() -%}
    {%- set words = {
        'raw_data': ['sample', 'lake', 'warehouse'],
        'user_id_is': ['shop_customer_id', 'contact_id', 'user_id'],
        'slash_dates': ['mdy', 'dmy'],
    } -%}
    {%- for name, known in words.items() if var(name) not in known -%}
        {{ _refuse_var(name, known[:-1] | join(', ') ~ ' or ' ~ known[-1]) }}
    {%- endfor -%}
    {%- if not modules.re.match('[A-Z]{3}\\Z', var('base_currency') | string) -%}
        {{ _refuse_var('base_currency', 'the code of a currency of rules.exchange_rates, such as USD') }}
    {%- endif -%}
    {%- if var('time_zone') and var('time_zone') not in modules.pytz.all_timezones_set -%}
        {{ _refuse_var('time_zone', 'a name such as Europe/London, or nothing') }}
    {%- endif -%}
    {%- for segment in var('segments') + var('predicted_segments') if not modules.re.match('[a-z][a-z0-9_]*\\Z', segment | string) -%}
        {{ _refuse_var('segments', 'a list of names, each that of a model segment_<name>') }}
    {%- endfor -%}
    {%- for trigger in var('triggers') if not modules.re.match('[a-z][a-z0-9_]*\\Z', trigger | string) -%}
        {{ _refuse_var('triggers', 'a list of names, each that of a model trigger_<name>') }}
    {%- endfor -%}
    {%- for name in ['keep', 'link', 'review'] if var('match_thresholds')[name] is not number -%}
        {{ _refuse_var('match_thresholds', 'numbers for keep, link and review') }}
    {%- endfor -%}
    {%- if var('orders_late_after') is not number or var('orders_late_after') <= 0 -%}
        {{ _refuse_var('orders_late_after', 'a number above 0') }}
    {%- endif -%}
    {%- for variable in ['segment_thresholds', 'trigger_thresholds'] -%}
        {%- for owner, thresholds in var(variable).items() -%}
            {%- for value in thresholds.values() -%}
                {%- for word in ([value] if value is number or value is string else value)
                    if word is not number and not modules.re.match('[\\w &.-]{1,60}\\Z', word | string) -%}
                    {{ _refuse_var(variable, 'numbers and plain words for ' ~ owner) }}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for limits, names in {
        'household_limits': ['people', 'members'],
        'machine_events': ['after_delivery_seconds', 'at_once_seconds', 'links'],
        'letter_caps': ['per_day', 'per_week', 'fatigued_per_week'],
        'same_letters_in_a_row': ['letters', 'days'],
    }.items() -%}
        {%- for name in names if var(limits)[name] is not integer -%}
            {{ _refuse_var(limits, 'whole numbers for ' ~ names | join(', ')) }}
        {%- endfor -%}
    {%- endfor -%}
    {%- if var('lake_settle_seconds') is not number or not 0 <= var('lake_settle_seconds') <= 600 -%}
        {{ _refuse_var('lake_settle_seconds', 'a number from 0 to 600') }}
    {%- endif -%}
    {%- if var('lake_most_parts') is not integer or var('lake_most_parts') < 0 -%}
        {{ _refuse_var('lake_most_parts', 'a whole number from 0 on') }}
    {%- endif -%}
    {%- if var('lake_strict') is not boolean -%}
        {{ _refuse_var('lake_strict', 'true or false') }}
    {%- endif -%}
    {%- for name in ['soft_bounces_limit', 'best_hour_clicks'] if var(name) is not integer or var(name) < 1 -%}
        {{ _refuse_var(name, 'a whole number above 0') }}
    {%- endfor -%}
    {%- for name in ['days', 'letters', 'bounces', 'complaints'] if var('circuit_breaker')[name] is not number -%}
        {{ _refuse_var('circuit_breaker', 'numbers for days, letters, bounces, complaints') }}
    {%- endfor -%}
    {%- if var('global_holdout_share') is not number or not 0 <= var('global_holdout_share') < 1 -%}
        {{ _refuse_var('global_holdout_share', 'a share from 0 to below 1') }}
    {%- endif -%}
    {%- if not modules.re.match('[\\w.-]{1,60}\\Z', var('draw_salt') | string) -%}
        {{ _refuse_var('draw_salt', 'a word') }}
    {%- endif -%}
    {%- do raw_sources() -%}
    {%- do as_of_text() -%}
{%- endmacro %}

{% macro _refuse_var(name, wanted) -%}
    {{ exceptions.raise_compiler_error('var ' ~ name ~ " is '" ~ var(name) ~ "': give " ~ wanted ~ '.') }}
{%- endmacro %}
