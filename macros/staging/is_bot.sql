{#-
    Whether a user agent says that it is a program: search and preview robots, monitors, headless browsers and HTTP libraries.
    (CUBOT makes phones.)
-#}
{% macro is_bot(user_agent) -%}
    coalesce({{ regex_extract(
        "replace(lower(substr(" ~ user_agent ~ ", 1, 500)), 'cubot', '')",
        'bot|crawl|spider|slurp|preview|facebookexternalhit|headless|phantomjs|lighthouse|pingdom|uptime|monitor'
        ~ '|scrapy|^curl|^wget|^python|^java/|^go-http|^axios|^okhttp|^node-fetch|httpclient',
        0
    ) }} is not null, false)
{%- endmacro %}
