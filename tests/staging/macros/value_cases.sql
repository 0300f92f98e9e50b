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
            ('money', '¥12,800', '12800.00'),
            ('money', '12,800円', '12800.00'),
            ('money', 'JPY 12,800', '12800.00'),
            ('money', '$1,234', '1234.00'),
            ('money', '1,234 €', null),
            ('money', '₹1,23,456.00', '123456.00'),
            ('money', 'Rs. 1,23,456', '123456.00'),
            ('money', 'CHF 1''234.50', '1234.50'),
            ('money', '1''234''567', '1234567.00'),
            ('money', '12''5', null),
            ('money', '1 234,56', '1234.56'),
            ('money', '1.234.567', '1234567.00'),
            ('money', '(12.50)', '-12.50'),
            ('money', '($1,234.50)', '-1234.50'),
            ('money', '12.50-', '-12.50'),
            ('money', '-$12.50', '-12.50'),
            ('money', '−12.50', '-12.50'),
            ('money', '+12.50', '12.50'),
            ('money', 'R$ 12,50', '12.50'),
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
            ('boolean', '1.0', 'true'),
            ('boolean', '0.0', 'false'),
            ('boolean', '-1', 'true'),
            ('boolean', 'on', 'true'),
            ('boolean', 'X', 'true'),
            ('boolean', 'off', 'false'),
            ('boolean', 'perhaps', null),
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
            ('id', 'NA', null),
            ('id', chr(92) || 'N', null),
            ('id', '(null)', null),
            ('id', '<NA>', null),
            ('id', '"undefined"', null),
            ('id', '(not set)', null),
            ('id', 'REDACTED', null),
            ('id', 'current', null),
            ('id', '5.84123E+12', null),
            ('id', '5,84123E+12', null),
            ('id', '12E45', '12E45'),
            ('id', '900101.0', '900101'),
            ('id', '1.5', '1.5'),
            ('id', chr(39) || 'Z150', 'Z150'),
            ('id', '’Z150', 'Z150'),
            ('id', '="00150"', '00150'),
            ('id', '"Z150"', 'Z150'),
            ('id', 'Z-150', 'Z-150'),
            ('id', chr(39) || 'null', null),
            ('id', chr(39) || '5.84123E+12', null),
            ('row_key', chr(39) || 'O1', 'O1'),
            ('id', '1.10', '1.10'),
            ('id', 'NA-1', 'NA-1'),
            ('id', '$posthog_cookieless', '$posthog_cookieless'),
            ('device', '$posthog_cookieless', null),
            ('device', 'undefined', null),
            ('device', 'an-1', 'an-1'),
            ('row_key', 'O1', 'O1'),
            ('row_key', '7.0', '7'),
            ('row_key', 'NA', 'NA~' || md5('NA␟')),
            ('row_key', '1.00235E+11', '1.00235E+11~' || md5('1.00235E+11␟')),
            ('row_key', null, null),
            ('place', 'n/a', null),
            ('place', 'Unknown', null),
            ('place', '[REDACTED]', null),
            ('place', 'Nowhere', 'Nowhere'),
            ('category', 'Uncategorized', null),
            ('event', 'Order completed', 'Order Completed'),
            ('event', 'order_completed', 'Order Completed'),
            ('event', 'ORDER-COMPLETED', 'Order Completed'),
            ('event', 'orderCompleted', 'Order Completed'),
            ('event', 'Order  Completed', 'Order Completed'),
            ('event', 'Order Completed', 'Order Completed'),
            ('event', '_', null),
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
            ('postal-US', '2134.0', '02134'),
            ('postal-US', '''02134', '02134'),
            ('postal-US', '00000', null),
            ('postal-DE', 'N/A', null),
            ('postal-GB', '-', null),
            ('street', '12 St. John''s Road, Apt #4', '12 st johns road apt apt 4'),
            ('street', '3 D&#39;Arcy Road', '3 darcy road'),
            ('street', 'Hauptstr. 5', 'hauptstrasse 5'),
            ('street', 'HAUPTSTRASSE 5', 'hauptstrasse 5'),
            ('street', 'Hauptstraße 5', 'hauptstrasse 5')
    ),

    no_values as ({{ no_values() }}),

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
                when 'device'
                then {{ known_id('raw', 'device') }}
                when 'row_key'
                then {{ row_key('raw', ['raw']) }}
                when 'place'
                then {{ known('raw', 'place') }}
                when 'category'
                then {{ known('raw', 'category') }}
                when 'event'
                then {{ event_name('raw') }}
                when 'id_list'
                then {{ id_list('raw') }}
                when 'street'
                then {{ street_words('raw') }}
                else {{ postal_code('raw', "substr(case_name, 8)") }}
            end as actual
        from cases
        cross join no_values
    )

select *
from valued
where actual is distinct from expected
