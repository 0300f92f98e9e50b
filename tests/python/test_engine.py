"""Every engine macro, on whichever engine: the same expression must give the same text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, ScratchProject, scratch_project

PRELUDE = """{%- set json -%} '{"a":{"b":"x"},"n":1.5,"t":true,"z":null}' {%- endset -%}\n"""
ROWS = "(select 1 as n, 'b' as v union all select 2, 'a' union all select 3, null) as t"
NONE = "(select 1 as n, cast(null as {{ dbt.type_string() }}) as v) as t"

# name: (expression, expected text[, from]); the name begins with the macro that it tries.
CASES: dict[str, tuple[str, ...]] = {
    "try_cast number": ("{{ try_cast(\"'12'\", 'integer') }}", "12"),
    "try_cast nonsense": ("{{ try_cast(\"'x'\", 'integer') }}", None),
    "try_cast impossible day": ("{{ try_cast(\"'2026-02-30'\", 'date') }}", None),
    "with_value twice": ("{{ with_value('given', \"'a' || 'b'\", 'given || given') }}", "abab"),
    "with_value within": (
        "{{ with_value('outer_value', \"'a'\", with_value('inner_value', \"outer_value || 'b'\","
        " 'outer_value || inner_value')) }}",
        "aab",
    ),
    "json_text nested": ('{{ json_text(json, "a.b") }}', "x"),
    "json_text number": ('{{ json_text(json, "n") }}', "1.5"),
    "json_text boolean": ('{{ json_text(json, "t") }}', "true"),
    "json_text null": ('{{ json_text(json, "z") }}', None),
    "json_text absent": ('{{ json_text(json, "none") }}', None),
    "json_text object": ('{{ json_text(json, "a") }}', '{"b":"x"}'),
    "json_text broken": ("{{ json_text(\"'{\\\"a\\\": '\", 'a') }}", None),
    "is_json object": ("{{ is_json(json) }}", "true"),
    "is_json array": ("{{ is_json(\"'[1]'\") }}", "false"),
    "is_json broken": ("{{ is_json(\"'{'\") }}", "false"),
    "is_json null": ("{{ is_json('cast(null as ' ~ dbt.type_string() ~ ')') }}", "false"),
    "json_quote": ('{{ json_quote("\'a \\"b\\" é / <\'") }}', '"a \\"b\\" é / <"'),
    "json_quote null": ("{{ json_quote('cast(null as ' ~ dbt.type_string() ~ ')') }}", None),
    "regex_replace all": ("{{ regex_replace(\"'a1b22'\", '([0-9]+)', '<\\\\1>') }}", "a<1>b<22>"),
    "regex_replace class": ("{{ regex_replace(\"'e\\u0301'\", '\\\\p{M}', '') }}", "e"),
    "regex_full_match": ("{{ regex_full_match(\"'12'\", '[0-9]+') }}", "true"),
    "regex_full_match part": ("{{ regex_full_match(\"'12x'\", '[0-9]+') }}", "false"),
    "regex_full_match newline": ("{{ regex_full_match(\"'12' || chr(10)\", '[0-9]+') }}", "false"),
    "regex_extract": ("{{ regex_extract(\"'ab12'\", '([a-z])([0-9])', 2) }}", "1"),
    "regex_extract none": ("{{ regex_extract(\"'ab'\", '([0-9])', 1) }}", None),
    "string_agg_ordered": ("{{ string_agg_ordered('v', ';', 'v') }}", "a;b", ROWS),
    "string_agg_ordered by": ("{{ string_agg_ordered('v', ';', 'n') }}", "b;a", ROWS),
    "string_agg_ordered none": ("{{ string_agg_ordered('v', ';', 'n') }}", None, NONE),
    "split_rows": (
        "count(*) || ':' || min(part) || max(part)",
        "3:ac",
        "(select {{ split_rows(\"'a;b;c'\", ';') }} as part) as t",
    ),
    "standard_parts": ("{{ standard_parts(\"'b; a;a'\", ';', trim_blanks) }}", "a;b"),
    "seconds_between": (
        "{{ seconds_between(\"timestamp '2026-01-01 00:00:00'\", "
        "\"timestamp '2026-01-01 00:29:59.999999'\") }}",
        "1799",
    ),
    "seconds_between back": (
        "{{ seconds_between(\"timestamp '2026-01-01 00:00:01'\", "
        "\"timestamp '2026-01-01 00:00:00.5'\") }}",
        "-1",
    ),
    "days_between_dates": (
        "{{ days_between_dates(\"date '2026-02-27'\", \"date '2026-03-01'\") }}",
        "2",
    ),
    "add_seconds": (
        "{{ add_seconds(\"timestamp '2026-01-01 00:00:00'\", -1) }}",
        "2025-12-31 23:59:59",
    ),
    "add_days": ("{{ add_days(\"timestamp '2026-03-07 02:30:00'\", 1) }}", "2026-03-08 02:30:00"),
    "add_years leap": ("{{ add_years(\"date '2024-02-29'\", 1) }}", "2025-02-28"),
    "to_local": (
        "{{ to_local(\"timestamp '2026-06-15 12:00:00'\", \"'Pacific/Auckland'\") }}",
        "2026-06-16 00:00:00",
    ),
    "to_utc": (
        "{{ to_utc(\"timestamp '2026-06-15 09:00:00'\", \"'America/New_York'\") }}",
        "2026-06-15 13:00:00",
    ),
    "to_utc twice": (
        "{{ to_utc(\"timestamp '2026-11-01 01:30:00'\", \"'America/New_York'\") }}",
        "2026-11-01 05:30:00",
    ),
    "to_utc never": (
        "{{ to_utc(\"timestamp '2026-03-08 02:30:00'\", \"'America/New_York'\") }}",
        "2026-03-08 07:30:00",
    ),
    "capitalise_words": (
        "{{ capitalise_words(\"'JEAN-LUC O''NEIL d\u2019arc'\") }}",
        "Jean-Luc O'Neil D\u2019Arc",
    ),
    "compose_letters": ("{{ compose_letters(\"'Jose\\u0301'\") }}", "José"),
    "compose_letters rare": (
        "{{ compose_letters(\"'L\\u0301ivia S\\u0326erban'\") }}",
        "Ĺivia Șerban",
    ),
    "reread_as_utf8": ("{{ reread_as_utf8(\"'JosÃ©'\") }}", "José"),
    "reread_as_utf8 windows": ("{{ reread_as_utf8(\"'â€™'\") }}", "\u2019"),
    "reread_as_utf8 no text": ("{{ reread_as_utf8(\"'Ã'\") }}", None),
    "replace_words": (
        "{{ replace_words(\"'12 main st st'\", word_map('v', \"'street'\")) }}",
        "12 main street street",
        "(select 'st' as v) as t",
    ),
    "inline_cte": (
        "n",
        "1",
        "(with one as {{ inline_cte() }} (select 1 as n) select n from one) as t",
    ),
    # Not a macro: every engine has it by this name.
    "levenshtein": ("levenshtein('smith', 'smyth') || levenshtein('', 'abc')", "13"),
    "trim_blanks": ("'[' || {{ trim_blanks(\"'\\u00a0 a b\\u2003 '\") }} || ']'", "[a b]"),
    "hash64": ("count(distinct {{ hash64('v, 1') }})", "3", ROWS),
    "text_number": ("{{ text_number(\"'x'\") }}", str(0x9DD4E461268C803)),
    "text_number null": ("{{ text_number('cast(null as ' ~ dbt.type_string() ~ ')') }}", None),
    "first_by": ("{{ first_by('v', '-n') }}", "a", ROWS),
    "last_by": ("{{ last_by('v', 'n') }}", "a", ROWS),
    "ignoring_nulls": (
        "max(last_seen)",
        "a",
        "(select {{ ignoring_nulls('last_value', 'v') }} over (order by n rows between unbounded "
        f"preceding and unbounded following) as last_seen from {ROWS}) as w",
    ),
    "has_word": ("{{ has_word(word_list('v'), \"'a'\") }}", "true", ROWS),
    "has_word none": ("{{ has_word(word_list('v'), \"'c'\") }}", "false", ROWS),
    "has_word trimmed": ("{{ trim_characters(\"'<[null]>'\", '<>[]') }}", "null"),
    "decode_entities": (
        "{{ decode_entities(\"'D&#39;Arcy &amp;amp; Jos&eacute; &#x2019;'\") }}",
        "D'Arcy &amp; José \u2019",
    ),
    "decode_entities none": (
        "{{ decode_entities(\"'A & B; &bogus; &#0; &'\") }}",
        "A & B; &bogus;   &",
    ),
    "iso_timestamp": (
        "{{ iso_timestamp(\"'2026-01-01T00:30+05:30'\") }}",
        "2025-12-31 19:00:00",
    ),
    "iso_timestamp hours": (
        "{{ iso_timestamp(\"'2026-01-01 00:30:00-04'\") }}",
        "2026-01-01 04:30:00",
    ),
    "iso_timestamp impossible": ("{{ iso_timestamp(\"'2026-02-30'\") }}", None),
    "iso_timestamp epoch": ("{{ epoch_timestamp('1767225600000000') }}", "2026-01-01 00:00:00"),
    "parse_timestamp zulu": (
        "{{ parse_timestamp(\"'2026-01-01T00:00:00Z'\") }}",
        "2026-01-01 00:00:00",
    ),
    "parse_timestamp offset": (
        "{{ parse_timestamp(\"'2026-01-01 00:00:00+02:00'\") }}",
        "2025-12-31 22:00:00",
    ),
    "parse_timestamp short offset": (
        "{{ parse_timestamp(\"'2026-01-01T00:00:00+0200'\") }}",
        "2025-12-31 22:00:00",
    ),
    "parse_timestamp day": ("{{ parse_timestamp(\"'2026-01-01'\") }}", "2026-01-01 00:00:00"),
    "parse_timestamp seconds": ("{{ parse_timestamp(\"'1767225600'\") }}", "2026-01-01 00:00:00"),
    "parse_timestamp millis": (
        "{{ parse_timestamp(\"'1767225600500'\") }}",
        "2026-01-01 00:00:00.5",
    ),
    "parse_timestamp german": (
        "{{ parse_timestamp(\"'31.12.2025 23:59'\") }}",
        "2025-12-31 23:59:00",
    ),
    "parse_timestamp slashes": ("{{ parse_timestamp(\"'3/4/1990'\") }}", "1990-03-04 00:00:00"),
    "parse_timestamp other order": (
        "{{ parse_timestamp(\"'31/12/1990'\") }}",
        "1990-12-31 00:00:00",
    ),
    "parse_timestamp afternoon": (
        "{{ parse_timestamp(\"'12/31/2025 11:59 PM'\") }}",
        "2025-12-31 23:59:00",
    ),
    "parse_timestamp impossible": ("{{ parse_timestamp(\"'2026-02-30'\") }}", None),
    "parse_timestamp nonsense": ("{{ parse_timestamp(\"'soon'\") }}", None),
    "parse_date keeps the day": ("{{ parse_date(\"'1990-12-31T23:30:00-05:00'\") }}", "1990-12-31"),
    "json_object": (
        "{{ json_object({'t': \"'a\\\"b'\", 'n': ['cast(12.50 as decimal(18, 2))', 'number'], "
        "'b': ['1 = 1', 'boolean'], 'z': ['cast(null as integer)', 'number'], "
        "'j': [\"'[1]'\", 'json']}) }}",
        '{"t":"a\\"b","n":12.50,"b":true,"z":null,"j":[1]}',
    ),
    "json_array_agg": ("{{ json_array_agg(json_quote('v'), 'n') }}", '["b","a"]', ROWS),
    "json_array_agg none": ("{{ json_array_agg('v', 'n') }}", "[]", NONE),
    "hash_uuid": ("{{ hash_uuid(\"'x'\") }}", "9dd4e461-268c-8034-a5c8-564e155c67a6"),
    "unaccent": (
        "{{ unaccent(\"'ÉCOLE Œuvre Straße Łódź Ærø'\") }}",
        "ecole oeuvre strasse lodz aero",
    ),
    "money_average half": ("{{ money_average('cast(69.49 as decimal(18, 2))', '2') }}", "34.75"),
    "money_average third": ("{{ money_average('cast(10 as decimal(18, 2))', '3') }}", "3.33"),
}


@pytest.fixture(scope="module")
def found(scratch: ScratchProject) -> dict[str, str | None]:
    selects = [
        f"select '{name}' as name, cast({case[0]} as {{{{ dbt.type_string() }}}}) as value"
        + (f" from {case[2]}" if len(case) > 2 else "")
        for name, case in CASES.items()
    ]
    scratch.model("probe", PRELUDE + "\nunion all\n".join(selects))
    done = scratch.dbt("run")
    assert done.returncode == 0, done.stdout
    return dict(scratch.rows("probe", "name", "value"))


@pytest.mark.parametrize("name", CASES)
def test_macro(found: dict[str, str | None], name: str) -> None:
    assert found[name] == CASES[name][1]


def test_every_engine_macro_is_tried() -> None:
    # Those that only a whole build can try: the lake, ledgers, work tables, dbt-spark's own.
    elsewhere = {"lake_relation", "ledger_export", "work_table", "replace_table", "spark_adapter"}
    elsewhere |= {"own_rows_before"}  # tests/python/test_comparison_cache.py
    elsewhere |= {"kept_rows"}  # tests/runs/test_staging_appends.py
    elsewhere |= {"run_log"}  # tests/python/test_publish_marts.py
    macros = {path.stem for path in (ROOT / "macros" / "engine").glob("*.sql")} - elsewhere
    tried = {re.match(r"\w+", name).group() for name in CASES}
    assert macros <= tried, f"add a case for {sorted(macros - tried)}"


def test_contracts_forbid_nulls_and_give_types(tmp_path: Path, engine: str) -> None:
    project = scratch_project(tmp_path, engine)
    project.model("numbered", "select row_number() over (order by 'k') as place")
    (tmp_path / "models" / "numbered.yml").write_text(
        "models: [{name: numbered, config: {contract: {enforced: true}},"
        " columns: [{name: place, data_type: bigint}]}]"
    )
    for name, value in (("whole", "'a'"), ("holed", "cast(null as string)")):
        project.model(name, f"select 'k' as key, {value} as value")
        column = "data_type: varchar, constraints: [{type: not_null}]"
        (tmp_path / "models" / f"{name}.yml").write_text(
            f"models: [{{name: {name}, config: {{contract: {{enforced: true}}}}, columns: ["
            f"{{name: key, data_type: varchar}}, {{name: value, {column}}}]}}]"
        )
    done = project.dbt("run")
    assert done.returncode == 1
    assert "PASS=2 " in done.stdout and "ERROR=1 " in done.stdout, done.stdout
    assert re.search("holed[^\n]*null|NOT NULL[^\n]*holed", done.stdout), done.stdout
