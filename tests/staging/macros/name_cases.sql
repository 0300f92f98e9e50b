-- Every line is a case: name, raw text, the name as shown, its comparison form as a family name.
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
            ('sixty', repeat('Ab', 30), repeat('Ab', 30), repeat('ab', 30)),
            ('sixty-one', repeat('Ab', 30) || 'c', repeat('Ab', 30), repeat('ab', 30)),
            ('a-million', repeat('A', 1000000), 'A' || repeat('a', 59), repeat('a', 60)),
            ('only-blanks', ' {{ "\u00a0\u200b" }} ', null, null)
    ),

    cleaned as (select cases.*, {{ clean_text('raw_name') }} as clean_name from cases),

    shown as (
        select
            case_name,
            expected_name,
            expected_key,
            {{ name_display('clean_name') }} as shown_name,
            {{ name_key('clean_name') }} as name_key
        from cleaned
    )

select *
from shown
where shown_name is distinct from expected_name or name_key is distinct from expected_key
