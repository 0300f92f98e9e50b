{#-
    Whether a text in place of a name is an e-mail address, a link, a phone number, or a postal address by its house number:
    forms get filled into the wrong fields, and nobody is greeted by it. Most names are letters, and cost one test.
-#}
{% macro is_contact_detail(name) -%}
    {{ regex_extract(name, '[0-9@/]|[.][A-Za-z]', 0) }} is not null
        and {{ regex_extract(name, [
            '[^\\p{Z}@]@[^\\p{Z}@]+[.][^\\p{Z}@]',
            '://|(?i)www[.]|(?i)[a-z0-9-]+[.](?:com|net|org|info|biz|shop|store|online|ru|cn|io|xyz|top|de|fr|it|es|nl|pl|co[.]uk|uk)(?:[/?#:\\p{Z}]|$)|(?i)[a-z0-9-]+[.][a-z]{2,}/[a-z0-9]',
            '^[0-9]+$',
            '[0-9](?:[^0-9\\p{L}]{0,3}[0-9]){4}',
            '^[0-9]{1,5}[A-Za-z]?,?\\p{Z}+\\p{L}{2}',
            '\\p{L}{2}[.]?,?\\p{Z}+[0-9]{1,5}[A-Za-z]?$',
        ] | join('|'), 0) }} is not null
{%- endmacro %}
