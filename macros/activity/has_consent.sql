{#-
    Whether a mailbox agreed to a purpose, and its customer has refused it nowhere since. Reads the tables email_consents
    and customer_consents, left joined.
-#}
{% macro has_consent(purpose) -%}
    coalesce(
        email_consents.{{ purpose }}_status = 'granted'
        and coalesce(customer_consents.{{ purpose }}_refused_at < email_consents.{{ purpose }}_since, true),
        false
    )
{%- endmacro %}
