-- Every line is a case: name, raw text, address, comparison form.
{%- set long_local = 'a' * 64 %}
{%- set label = 'b' * 61 %}

with

    cases(case_name, raw_email, expected_email, expected_key) as (
        values
            ('plain', 'Ann.Lee@Example.COM', 'ann.lee@example.com', 'ann.lee@example.com'),
            (
                'blanks-around',
                ' {{ "\t\u00a0" }}a@example.com{{ "\n" }}',
                'a@example.com',
                'a@example.com'
            ),
            (
                'zero-width-inside',
                'an{{ "\u200b" }}n@exam{{ "\ufeff" }}ple.com',
                'ann@example.com',
                'ann@example.com'
            ),
            ('plus-tag', 'ann+shop@example.com', 'ann+shop@example.com', 'ann@example.com'),
            ('plus-tag-only', '+ann@example.com', '+ann@example.com', '+ann@example.com'),
            ('dots-elsewhere', 'a.n.n@example.com', 'a.n.n@example.com', 'a.n.n@example.com'),
            ('gmail-dots', 'a.n.n+x@gmail.com', 'a.n.n+x@gmail.com', 'ann@gmail.com'),
            ('googlemail', 'A.nn@GoogleMail.com', 'a.nn@googlemail.com', 'ann@gmail.com'),
            ('apostrophe', 'o''neil@example.ie', 'o''neil@example.ie', 'o''neil@example.ie'),
            ('idn-ascii-form', 'a@xn--bcher-kva.de', 'a@xn--bcher-kva.de', 'a@xn--bcher-kva.de'),
            ('dash-in-front', '-oQ/tmp@example.com', null, null),
            ('dash-behind-blanks', ' {{ "\u200b" }}-a@example.com', null, null),
            ('dash-inside', 'a-b@example.com', 'a-b@example.com', 'a-b@example.com'),
            ('command-in-front', '|id@example.com', null, null),
            ('path-in-front', '/tmp/x@example.com', null, null),
            (
                'slash-inside',
                'c=us/o=x@example.com',
                'c=us/o=x@example.com',
                'c=us/o=x@example.com'
            ),
            ('encoded-word', '=?utf-8?q?x?=@example.com', null, null),
            ('quoted-local-part', '"a b"@example.com', null, null),
            ('two-addresses', 'victim@example.com, evil@example.net', null, null),
            ('two-semicolon', 'a@example.com;b@example.com', null, null),
            ('two-lines', 'a@example.com{{ "\r\n" }}Bcc: b@example.com', null, null),
            ('display-name', 'Ann <ann@example.com>', null, null),
            ('cyrillic-a', '{{ "\u0430" }}dmin@example.com', null, null),
            ('kelvin-sign', '{{ "\u212a" }}ate@example.com', null, null),
            ('idn-unicode', 'ann@b{{ "\u00fc" }}cher.example', null, null),
            ('inner-blank', 'ann lee@example.com', null, null),
            ('no-at', 'ann.example.com', null, null),
            ('two-at', 'ann@@example.com', null, null),
            ('no-dot', 'ann@localhost', null, null),
            ('double-dot', 'ann@example..com', null, null),
            ('leading-dot', '.ann@example.com', null, null),
            ('label-ends-with-dash', 'ann@example-.com', null, null),
            ('digits-as-top-level', 'ann@127.0.0.1', null, null),
            ('empty', '', null, null),
            (
                'local-64',
                '{{ long_local }}@example.com',
                '{{ long_local }}@example.com',
                '{{ long_local }}@example.com'
            ),
            ('local-65', '{{ long_local }}a@example.com', null, null),
            ('total-254', '{{ long_local }}@{{ label }}.{{ label }}.{{ label }}.c', null, null),
            (
                'total-254-valid',
                '{{ long_local }}@{{ label }}.{{ label }}.{{ label }}.com',
                '{{ long_local }}@{{ label }}.{{ label }}.{{ label }}.com',
                '{{ long_local }}@{{ label }}.{{ label }}.{{ label }}.com'
            ),
            ('total-255', '{{ long_local }}@{{ label }}.{{ label }}.{{ label }}.comm', null, null),
            (
                'padded-with-invisible',
                'ann@example.com' || repeat('{{ "\u200b" }}', 400) || 'evil@example.net',
                null,
                null
            )
    ),

    standardised as (select cases.*, {{ standardise_email('raw_email') }} as email from cases),

    keyed as (select standardised.*, {{ email_key('email') }} as email_key from standardised)

select *
from keyed
where email is distinct from expected_email or email_key is distinct from expected_key
