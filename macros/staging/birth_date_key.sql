{#-
    A day of birth in comparison form, 'YYYYMMDD': also a day that is no date ('1989-13-02') or that no customer can
    have been born on, since a slip of the pen still tells two people apart. Null where no year comes first.
-#}
{% macro birth_date_key(raw, parsed) -%}
    coalesce(
        replace(cast({{ parsed }} as {{ dbt.type_string() }}), '-', ''),
        case
            when {{ regex_full_match(raw, '[0-9]{4}[-/. ]?[0-9]{2}[-/. ]?[0-9]{2}([ T].*)?') }}
                then substr({{ regex_replace(raw, '[^0-9]', '') }}, 1, 8)
        end
    )
{%- endmacro %}
