-- Every line is a case: macro, raw text, the value as text.
with

    cases(case_name, raw, expected) as (
        values
            ('money', '12.5', '12.50'),
            ('money', '-3', '-3.00'),
            ('money', '$1,234.50', '1234.50'),
            ('money', '1.234,50 €', '1234.50'),
            ('money', '12,50', '12.50'),
            ('money', 'EUR 99', '99.00'),
            ('money', '1,234,567', '1234567.00'),
            ('money', '1,234', null),
            ('money', '1.2.3', null),
            ('money', '12.345,6.7', null),
            ('money', '1e3', null),
            ('money', 'NaN', null),
            ('money', 'free', null),
            ('money', '99999999999999999999', null),
            ('integer', '3', '3'),
            ('integer', '3.0', '3'),
            ('integer', '-1', '-1'),
            ('integer', '1.5', null),
            ('integer', 'two', null),
            ('integer', '99999999999', null),
            ('boolean', 'Yes', 'true'),
            ('boolean', 'F', 'false'),
            ('boolean', '0', 'false'),
            ('boolean', '2', null),
            ('currency', 'eur', 'EUR'),
            ('currency', '€', 'EUR'),
            ('currency', '$', null),
            ('https', 'https://shop.example/p/1?a=b#c', 'https://shop.example/p/1?a=b#c'),
            ('https', 'http://shop.example/p/1', null),
            ('https', 'javascript:alert(document.cookie)', null),
            ('https', 'data:text/html;base64,PHNjcmlwdD4=', null),
            ('https', 'https://shop.example/" onmouseover="x', null),
            ('https', 'https://shop.example@evil.example/', null),
            ('https', 'https:// shop.example', null),
            ('https', 'https://shop.example{{ "\n" }}javascript:x', null),
            ('path', 'https://shop.example/pens/p1?utm_source=x#y', '/pens/p1'),
            ('path', 'https://shop.example', '/'),
            ('path', '/pens?x=/y', '/pens'),
            ('pp_mid', 'https://shop.example/?utm_source=a&pp_mid=m-1#x', 'm-1'),
            ('pp_mid', 'https://shop.example/?pp_mid=m-1', 'm-1'),
            ('pp_mid', 'https://shop.example/?xpp_mid=m-1', null),
            ('pp_mid', 'https://shop.example/#?pp_mid=m-1', null),
            (
                'bot',
                'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
                'true'
            ),
            ('bot', 'Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/126.0', 'true'),
            ('bot', 'python-requests/2.32.3', 'true'),
            ('bot', 'Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/126.0', 'false'),
            ('bot', null, 'false'),
            ('id', 'undefined', null),
            ('id', '00000000-0000-0000-0000-000000000000', null),
            ('id', 'NULL', null),
            ('id', '#N/A', null),
            ('id', '-', null),
            ('id', '[]', null),
            ('id', '000', null),
            ('id', '-1', null),
            ('id', '-2', '-2'),
            ('id', 'U1', 'U1'),
            ('id', 'Ü', 'Ü'),
            ('id_list', ' C2 ; C3;', 'C2;C3'),
            ('id_list', ' ; ;', ''),
            ('postal-GB', 'sw1a1aa', 'SW1A 1AA'),
            ('postal-US', '2134', '02134'),
            ('postal-US', '02134-1000', '02134-1000'),
            ('postal-DE', 'D-10115', '10115'),
            ('postal-DE', '1067', '01067'),
            ('postal-NL', '1012ab', '1012 AB'),
            ('postal-CA', 'k1a-0b1', 'K1A 0B1'),
            ('postal-PL', '00001', '00-001'),
            ('postal-', ' x  1 ', 'X 1'),
            ('street', '12 St. John''s Road, Apt #4', '12 st johns road apt apt 4'),
            ('street', 'Hauptstr. 5', 'hauptstrasse 5'),
            ('street', 'HAUPTSTRASSE 5', 'hauptstrasse 5'),
            ('street', 'Hauptstraße 5', 'hauptstrasse 5')
    ),

    valued as (
        select
            case_name,
            raw,
            expected,
            case
                case_name
                when 'money'
                then cast({{ parse_money('raw') }} as {{ dbt.type_string() }})
                when 'integer'
                then cast({{ parse_integer('raw') }} as {{ dbt.type_string() }})
                when 'boolean'
                then cast({{ parse_boolean('raw') }} as {{ dbt.type_string() }})
                when 'currency'
                then {{ currency_code('raw') }}
                when 'https'
                then {{ https_url('raw') }}
                when 'path'
                then {{ page_path('raw') }}
                when 'pp_mid'
                then {{ query_parameter('raw', 'pp_mid') }}
                when 'bot'
                then cast({{ is_bot('raw') }} as {{ dbt.type_string() }})
                when 'id'
                then {{ known_id('raw') }}
                when 'id_list'
                then {{ id_list('raw') }}
                when 'street'
                then {{ street_words('raw') }}
                else {{ postal_code('raw', "substr(case_name, 8)") }}
            end as actual
        from cases
    )

select *
from valued
where actual is distinct from expected
