{#-
    Comparison form of a standardised address: without a plus-tag, and for Gmail (also googlemail.com) without dots.
    Never write to it: only the address as given is known to work.
-#}
{% macro email_key(email) -%}
    {%- set local_part = "split_part(" ~ email ~ ", '@', 1)" -%}
    {%- set domain = "split_part(" ~ email ~ ", '@', 2)" -%}
    {%- set untagged = "coalesce(nullif(split_part(" ~ local_part ~ ", '+', 1), ''), " ~ local_part ~ ")" -%}
    case
        when {{ domain }} in ('gmail.com', 'googlemail.com')
            then replace({{ untagged }}, '.', '') || '@gmail.com'
        else {{ untagged }} || '@' || {{ domain }}
    end
{%- endmacro %}
