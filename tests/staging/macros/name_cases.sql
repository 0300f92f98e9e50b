-- Every line is a case: name, raw text, the name as shown, its comparison form, both as a family
-- name or, where the case's name begins with given, as a given name.
with

    cases(case_name, raw_name, expected_name, expected_key) as (
        values
            ('mixed-case-stays', 'Ann van der Lee', 'Ann van der Lee', 'ann van der lee'),
            ('capitals', 'ANNE-MARIE O''NEIL', 'Anne-Marie O''Neil', 'anne marie oneil'),
            ('small-letters', 'luc d{{ "\u2019" }}arc-x', 'Luc D{{ "\u2019" }}Arc-X', 'luc darc x'),
            ('umlaut-capitals', 'JÜRGEN', 'Jürgen', 'jurgen'),
            ('sharp-s', 'Weiß', 'Weiß', 'weiss'),
            ('stroke', 'Øystein Łukasz', 'Øystein Łukasz', 'oystein lukasz'),
            ('blanks', '  Ann {{ "\u00a0" }}  Lee{{ "\t" }}', 'Ann Lee', 'ann lee'),
            ('zero-width', 'A{{ "\u200b" }}nn{{ "\ufeff" }}', 'Ann', 'ann'),
            ('control-character', 'Ann{{ "\u0001" }}Lee', 'Ann Lee', 'ann lee'),
            ('mojibake-latin', 'Jos{{ "\u00c3\u00a9" }}', 'José', 'jose'),
            (
                'mojibake-windows',
                'J{{ "\u00c3\u00b6" }}rg {{ "\u00c3\u0153" }}n',
                'Jörg Ün',
                'jorg un'
            ),
            (
                'mojibake-apostrophe',
                'O{{ "\u00e2\u20ac\u2122" }}Neil',
                'O{{ "\u2019" }}Neil',
                'oneil'
            ),
            ('no-mojibake', 'JOÃO', 'João', 'joao'),
            ('combining-accent', 'Jose{{ "\u0301" }}', 'José', 'jose'),
            ('other-script', '{{ "\u8475" }}', '{{ "\u8475" }}', '{{ "\u8475" }}'),
            (
                'cyrillic-kept',
                '{{ "\u0410\u043d" }}',
                '{{ "\u0410\u043d" }}',
                '{{ "\u0430\u043d" }}'
            ),
            ('one-letter', 'J.', 'J.', 'j'),
            ('placeholder', 'N/A', null, null),
            ('placeholder-dash', '-', null, null),
            ('placeholder-mixed-case', 'Unknown', null, null),
            ('placeholder-in-a-name', 'Null Sanchez', 'Null Sanchez', 'null sanchez'),
            ('family-name-null', 'Null', 'Null', null),
            ('family-name-guest', 'Guest', 'Guest', 'guest'),
            ('null-of-a-program', 'NULL', null, null),
            ('given-null', 'Null', null, null),
            ('given-none', 'None', null, null),
            ('given-spreadsheet-error', '#N/A', null, null),
            ('given-broken-reference', '#REF!', null, null),
            ('given-database-null', chr(92) || 'N', null, null),
            ('given-null-in-brackets', '(null)', null, null),
            ('given-null-in-square-brackets', '[null]', null, null),
            ('given-pandas', '<NA>', null, null),
            ('given-r', 'NA', null, null),
            ('given-python', 'NaN', null, null),
            ('given-chinese', 'Na', 'Na', null),
            ('given-erased', 'REDACTED', null, null),
            ('given-guest', 'Guest', null, null),
            ('given-test', 'test', null, null),
            ('given-marks', '--', null, null),
            ('given-name-with-a-word-in-it', 'Nadine', 'Nadine', 'nadine'),
            ('erased-family-name', 'redacted', null, null),
            ('entity', 'D&#39;Arcy', 'D''Arcy', 'darcy'),
            ('entity-hexadecimal', 'D&#x27;ARCY', 'D''Arcy', 'darcy'),
            ('entity-letter', 'Jos&eacute; M&uuml;ller', 'José Müller', 'jose muller'),
            ('entity-typographic', 'O&rsquo;Neil', 'O{{ "\u2019" }}Neil', 'oneil'),
            ('entity-decoded-once', 'A &amp;lt; B', 'A &lt; B', 'a lt b'),
            ('entity-of-a-control-character', 'Ann&#10;Lee', 'Ann Lee', 'ann lee'),
            ('entity-of-nothing', 'A &#0; B &bogus; C', 'A B &bogus; C', 'a b bogus c'),
            ('ampersand-is-no-entity', 'Marks & Co; Sons', 'Marks & Co; Sons', 'marks co sons'),
            ('greek-accents', 'Γιώργος', 'Γιώργος', 'γιωργοσ'),
            ('cyrillic-yo', 'Пётр', 'Пётр', 'петр'),
            ('indian-vowel-signs', 'कमला', 'कमला', 'कमला'),
            ('arabic-vowel-points', 'مُحمّد', 'مُحمّد', 'محمد'),
            ('pictures', '🌸Anna🌸', '🌸Anna🌸', 'anna'),
            ('full-width', 'Ａｎｎａ', 'Ａｎｎａ', 'anna'),
            (
                'script-verbatim',
                '<script>x(1)</script>',
                '<script>x(1)</script>',
                'script x script'
            ),
            ('template-verbatim', {{ "'{{7*7}}'" }}, {{ "'{{7*7}}'" }}, null),
            ('formula-verbatim', '=cmd|''/c calc''!A1', '=cmd|''/c calc''!A1', 'cmd c calc a'),
            ('email', 'posy.lunan@example.com', null, 'posy lunan example com'),
            ('email-in-a-note', 'write to posy@example.com', null, 'write to posy example com'),
            ('phone', '+44 7700 900123', null, null),
            ('phone-national', '(07700) 900-123', null, null),
            ('phone-in-a-note', 'Ring 07700 900123', null, 'ring'),
            ('link', 'https://example.com/a', null, 'https example com a'),
            ('link-without-a-scheme', 'Example.com', null, 'example com'),
            ('house-number-first', '221B Baker Street', null, 'b baker street'),
            ('house-number-last', 'Hauptstraße 12', null, 'hauptstrasse'),
            ('initials', 'J.R.R. Tolkien', 'J.R.R. Tolkien', 'j r r tolkien'),
            ('saint', 'St.John', 'St.John', 'st john'),
            ('abbreviated-like-a-country', 'Ch. de Vries', 'Ch. de Vries', 'ch de vries'),
            ('digits-in-a-name', 'J0hn', 'J0hn', 'j hn'),
            ('regnal-number', 'Louis XIV', 'Louis XIV', 'louis xiv'),
            ('at-sign', 'Anna@Home', 'Anna@Home', 'anna home'),
            ('sixty', repeat('Ab', 30), repeat('Ab', 30), repeat('ab', 30)),
            ('sixty-one', repeat('Ab', 30) || 'c', repeat('Ab', 30), repeat('ab', 30)),
            ('a-million', repeat('A', 1000000), 'A' || repeat('a', 59), repeat('a', 60)),
            ('hangul-filler', '{{ "\u3164" }}', null, null),
            ('given-fillers', '{{ "\u115f\u1160\uffa0\u17b4\u17b5\u2800" }}', null, null),
            ('private-use', '{{ "\ue000" }}', null, '{{ "\ue000" }}'),
            ('filler-between', 'Lee{{ "\u3164" }}Ann', 'Lee Ann', 'lee ann'),
            ('only-blanks', ' {{ "\u00a0\u200b" }} ', null, null),
            ('given-title', 'Herr', null, null),
            ('given-merge-field', '*|FNAME|*', null, null),
            ('given-number', '0', null, null),
            ('given-short-link', 't.me/xyz', null, 't me xyz'),
            ('given-link-inside', 'visit shop.com now', null, 'visit shop com now')
    ),

    no_values as ({{ no_values() }}),

    cleaned as (select cases.*, {{ clean_text('raw_name') }} as clean_name from cases),

    shown as (
        select
            case_name,
            expected_name,
            expected_key,
            case
                when case_name like 'given-%'
                then {{ name_display('clean_name', 'given_name') }}
                else {{ name_display('clean_name', 'family_name') }}
            end as shown_name,
            case
                when case_name like 'given-%'
                then {{ given_names_key('clean_name') }}
                else {{ name_key('clean_name') }}
            end as name_key
        from cleaned
        cross join no_values
    )

select *
from shown
where shown_name is distinct from expected_name or name_key is distinct from expected_key
